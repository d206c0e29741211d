// A run of the program as its user would make it, and a folder of its own for the files.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tickgraph {

class CommandRun : public ::testing::Test {
 protected:
  CommandRun() : folder_(std::filesystem::temp_directory_path() / ("tickgraph-run-" + std::to_string(getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~CommandRun() override { std::filesystem::remove_all(folder_); }

  // The exit code; what it wrote stands in `out` and `err`.
  int Run(const std::string& arguments) {
    const std::string error_path = File("err");
    std::FILE* pipe = popen((std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph " + arguments + " 2>" + error_path).c_str(), "r");
    out.clear();
    std::array<char, 1 << 16> buffer;
    for (size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
    const int status = pclose(pipe);
    std::ifstream in(error_path, std::ios::binary);
    err.assign(std::istreambuf_iterator<char>(in), {});
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string File(const std::string& name) const { return (folder_ / name).string(); }

  std::string out, err;

 private:
  std::filesystem::path folder_;
};

}  // namespace tickgraph
