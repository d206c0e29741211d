// The scripts around a device: what they make of a report, of a package's programs and of a machine without a device. The programs are
// shell scripts here, so that the way through is tried where nothing can be measured.
#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Said {
  int exit_code;
  std::string text;
};

Said Shell(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  Said said;
  char part[4096];
  for (size_t n; (n = fread(part, 1, sizeof part, pipe)) > 0;) said.text.append(part, n);
  said.exit_code = WEXITSTATUS(pclose(pipe));
  return said;
}

std::string Script(const std::string& name) { return "python3 " + (std::filesystem::path(TICKGRAPH_SOURCE_DIR) / "tools" / name).string(); }

class GpuScriptsTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text, bool program = false) {
    std::filesystem::create_directories(std::filesystem::path(folder_.File(name)).parent_path());
    std::ofstream(folder_.File(name)) << text;
    if (program) std::filesystem::permissions(folder_.File(name), std::filesystem::perms::owner_all);
  }
  // A package whose tests and benchmarks say what is given.
  void WritePackage(const std::string& tests, const std::string& benchmarks) {
    Write("package/manifest.json", R"({"commit": "0123456789abcdef"})");
    Write("package/kernels.o.ptxas",
          "ptxas info    : Compiling entry function '_ZN2ns10SomeKernelEv' for 'sm_90'\n"
          "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\nptxas info    : Used 40 registers\n");
    const auto writes = [](const char* option, const std::string& text) {
      return std::string("#!/bin/sh\nfor a; do case $a in ") + option + "*) cat >\"${a#" + option + "}\" <<'END'\n" + text +
             "\nEND\n;; esac; done\n";
    };
    Write("package/kernels_test", writes("--gtest_output=json:", tests), true);
    Write("package/tickgraph-gpu-bench", writes("--benchmark_out=", benchmarks), true);
  }
  Said RunPackage(bool with_device) {
    Write("bin/nvidia-smi", with_device ? "#!/bin/sh\necho 'NVIDIA Test, 580.1, 81559 MiB, 9.0, 1980 MHz'\n" : "#!/bin/sh\nexit 9\n", true);
    return Shell("PATH=" + folder_.File("bin") + ":$PATH " + Script("device_run.py") + " run --from " + folder_.File("package") +
                 " --out " + folder_.File("out"));
  }
  [[nodiscard]] nlohmann::json Result() const {
    std::ifstream in(folder_.File("out/gpu.json"));
    return nlohmann::json::parse(in, nullptr, false);
  }

  const TemporaryFolder folder_;
};

constexpr const char* kTestsPassed =
    R"({"testsuites": [{"name": "AGpuTest", "testsuite": [{"name": "One", "result": "COMPLETED"}, {"name": "Two", "result": "SKIPPED"}]}]})";
constexpr const char* kTestFailed =
    R"({"testsuites": [{"name": "AGpuTest", "testsuite": [{"name": "One", "result": "COMPLETED", "failures": [{"failure": "differs"}]}]}]})";
constexpr const char* kBenchmarks =
    R"({"benchmarks": [{"name": "gpu/persistent/empty", "run_type": "iteration", "items_per_second": 5e5, "checked": 1, "p50_ns": 1700, "p99_ns": 2400},
                       {"name": "gpu/books/deltas", "items_per_second": 6.5e9, "checked": 1}]})";

TEST_F(GpuScriptsTest, AReportOfSpillsRegistersOrStackFails) {
  const auto report = [&](int stack, int spilled, int registers) {
    Write("r.txt", "ptxas info    : Compiling entry function '_ZN9tickgraph5_GLOB10ScanKernelENS0_3ArgE' for 'sm_90'\n    " +
                       std::to_string(stack) + " bytes stack frame, " + std::to_string(spilled) +
                       " bytes spill stores, 0 bytes spill loads\nptxas info    : Used " + std::to_string(registers) +
                       " registers, used 1 barriers\n");
    return Shell(Script("check_ptxas.py") + " --most-registers 100 --stack ScanKernel=208 " + folder_.File("r.txt"));
  };
  EXPECT_EQ(report(208, 0, 100).exit_code, 0) << report(208, 0, 100).text;
  EXPECT_THAT(report(0, 4, 40).text, HasSubstr("ScanKernel (sm_90): 4 bytes spilled"));
  EXPECT_THAT(report(0, 0, 101).text, HasSubstr("101 registers, at most 100"));
  EXPECT_THAT(report(216, 0, 40).text, HasSubstr("a stack frame of 216 bytes"));
  for (const Said& said : {report(0, 4, 40), report(0, 0, 101), report(216, 0, 40)}) EXPECT_EQ(said.exit_code, 1);
  Write("r.txt", "nothing of kernels\n");
  EXPECT_EQ(Shell(Script("check_ptxas.py") + " " + folder_.File("r.txt")).exit_code, 1);
}

TEST_F(GpuScriptsTest, WithoutADeviceNothingIsMeasuredAndItSaysSo) {
  WritePackage(kTestsPassed, kBenchmarks);
  const Said said = RunPackage(false);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.text, HasSubstr("no CUDA device: nothing was measured"));
  EXPECT_TRUE(Result()["device"].is_null());
  EXPECT_TRUE(Result()["benchmarks"].empty());
  EXPECT_THAT(Shell(Script("gpu_table.py") + " " + folder_.File("out/gpu.json")).text, Not(HasSubstr("µs | 1.7")));
}

TEST_F(GpuScriptsTest, ARunLeavesOneFileThatTheTableIsMadeFrom) {
  WritePackage(kTestsPassed, kBenchmarks);
  const Said said = RunPackage(true);
  EXPECT_EQ(said.exit_code, 0) << said.text;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.File("out")), {}), 1);
  const nlohmann::json result = Result();
  EXPECT_EQ(result["device"]["name"], "NVIDIA Test");
  EXPECT_EQ(result["commit"], "0123456789abcdef");
  EXPECT_EQ(result["tests"]["passed"], 1);
  EXPECT_EQ(result["kernels"][0]["registers"], 40);
  const std::string table = Shell(Script("gpu_table.py") + " " + folder_.File("out/gpu.json")).text;
  EXPECT_THAT(table, HasSubstr("| goal | NVIDIA Test |"));
  EXPECT_THAT(table, HasSubstr("1.8 / 2.5 µs | 1.70 / 2.40 µs |"));
  EXPECT_THAT(table, HasSubstr("5 G/s | 6.50 G/s |"));
  EXPECT_THAT(table, HasSubstr("| 4 G/s | not measured |"));
}

TEST_F(GpuScriptsTest, AFailedTestOrAnUncheckedBenchmarkFailsTheRun) {
  WritePackage(kTestFailed, kBenchmarks);
  Said said = RunPackage(true);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.text, HasSubstr("AGpuTest.One: differs"));
  WritePackage(kTestsPassed,
               R"({"benchmarks": [{"name": "gpu/books/deltas", "error_occurred": true, "error_message": "a book differs"}]})");
  said = RunPackage(true);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(Shell(Script("gpu_table.py") + " " + folder_.File("out/gpu.json")).text, HasSubstr("5 G/s | not measured |"));
  WritePackage("", "");
  std::filesystem::remove(folder_.File("package/kernels_test"));
  EXPECT_EQ(RunPackage(true).exit_code, 1);
}

TEST_F(GpuScriptsTest, WhatTheSanitizerFindsFailsTheRun) {
  WritePackage(kTestsPassed, kBenchmarks);
  Write("bin/compute-sanitizer", "#!/bin/sh\necho '========= ERROR SUMMARY: 0 errors'\n", true);
  Said said = RunPackage(true);
  EXPECT_EQ(said.exit_code, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("memcheck ERROR SUMMARY: 0 errors"));
  EXPECT_EQ(Result()["sanitizers"]["racecheck"]["exit_code"], 0);
  Write("bin/compute-sanitizer", "#!/bin/sh\necho '========= ERROR SUMMARY: 3 errors'\nexit 9\n", true);
  said = RunPackage(true);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.text, HasSubstr("racecheck ERROR SUMMARY: 3 errors"));
}

TEST_F(GpuScriptsTest, TheTableSaysNotMeasuredWhereThereIsNoFile) {
  Write("none.json", R"({"device": null})");
  const Said said = Shell(Script("gpu_table.py") + " " + folder_.File("none.json"));
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.text, HasSubstr("| empty round trip, persistent, p50 / p99 | 1.8 / 2.5 µs | not measured |"));
}

}  // namespace
}  // namespace tickgraph
