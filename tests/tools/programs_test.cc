// The programs as they were linked and as a user meets them: what the hot one must not load, and how the front behaves.
#include <elf.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tickgraph {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string ProgramPath(const std::string& name) { return std::string(TICKGRAPH_BUILD_DIR) + "/" + name; }

template <class T>
T At(const std::string& bytes, size_t offset) {
  T value;
  EXPECT_LE(offset + sizeof(T), bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// The libraries that an ELF file's dynamic section asks for.
std::vector<std::string> NeededLibraries(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.size() < sizeof(Elf64_Ehdr) || bytes.compare(0, 4, ELFMAG) != 0) return {};
  const auto header = At<Elf64_Ehdr>(bytes, 0);
  std::vector<std::string> needed;
  for (int i = 0; i < header.e_shnum; ++i) {
    const auto section = At<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_DYNAMIC) continue;
    const auto strings = At<Elf64_Shdr>(bytes, header.e_shoff + section.sh_link * sizeof(Elf64_Shdr));
    for (size_t at = section.sh_offset; at < section.sh_offset + section.sh_size; at += sizeof(Elf64_Dyn)) {
      const auto entry = At<Elf64_Dyn>(bytes, at);
      if (entry.d_tag == DT_NEEDED) needed.emplace_back(bytes.data() + strings.sh_offset + entry.d_un.d_val);
    }
  }
  return needed;
}

struct Outcome {
  int exit_code;
  std::string text;  // stdout, or stderr where that was asked for
};

Outcome RunFront(const std::string& arguments, const char* redirection = "2>/dev/null") {
  const std::string command = ProgramPath("tickgraph") + " " + arguments + " " + redirection;
  std::FILE* pipe = popen(command.c_str(), "r");
  Outcome outcome{-1, {}};
  std::array<char, 4096> buffer;
  for (size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) outcome.text.append(buffer.data(), n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

constexpr char kStderrOnly[] = "2>&1 >/dev/null";

TEST(ProgramsTest, HotProgramLoadsNoArrow) {
  const std::vector<std::string> hot = NeededLibraries(ProgramPath("tickgraph-hot"));
  ASSERT_THAT(hot, Contains(StartsWith("libc.so"))) << "the reading of the dynamic section is at fault";
  for (const char* library : {"libarrow", "libparquet", "libmimalloc", "libabsl"}) EXPECT_THAT(hot, Not(Contains(StartsWith(library))));
}

TEST(ProgramsTest, ColdProgramLoadsArrow) { EXPECT_THAT(NeededLibraries(ProgramPath("tickgraph-cold")), Contains(StartsWith("libarrow"))); }

// The Arrow wheel exports a simdjson of another version; the one that our headers belong to must be found first.
TEST(ProgramsTest, ColdProgramTakesSimdjsonFromItsOwnLibrary) {
  const std::vector<std::string> cold = NeededLibraries(ProgramPath("tickgraph-cold"));
  const auto place = [&](const std::string& name) {
    return std::find_if(cold.begin(), cold.end(), [&](const std::string& library) { return library.starts_with(name); });
  };
  ASSERT_NE(place("libsimdjson"), cold.end());
  EXPECT_LT(place("libsimdjson"), place("libparquet"));
  EXPECT_LT(place("libsimdjson"), place("libarrow"));
}

TEST(ProgramsTest, FrontListsTheCommands) {
  const Outcome help = RunFront("--help");
  EXPECT_EQ(help.exit_code, 0);
  for (const char* command : {"inspect", "book", "generate", "replay", "archive", "verify", "options", "arbitrage", "bench"})
    EXPECT_THAT(help.text, HasSubstr(command));
}

TEST(ProgramsTest, FrontRejectsAnUnknownCommand) {
  const Outcome outcome = RunFront("frobnicate", kStderrOnly);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.text, HasSubstr("unknown command 'frobnicate'"));
  EXPECT_EQ(RunFront("").exit_code, 2);
}

TEST(ProgramsTest, FrontTellsItsVersion) {
  const Outcome outcome = RunFront("--version");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.text, StartsWith("tickgraph 0."));
}

TEST(ProgramsTest, EveryCommandHasHelpAndRejectsUnknownOptions) {
  for (const std::string command : {"inspect", "book", "generate", "replay", "archive", "verify", "options", "arbitrage"}) {
    const Outcome help = RunFront(command + " --help");
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.text, HasSubstr("Usage: tickgraph " + command)) << command;
    const Outcome wrong = RunFront(command + " --no-such-option x", kStderrOnly);
    EXPECT_EQ(wrong.exit_code, 2) << command;
    EXPECT_THAT(wrong.text, StartsWith("tickgraph " + command + ": ")) << command;
  }
}

TEST(ProgramsTest, FrontFindsItsProgramsThroughALink) {
  const std::filesystem::path link = std::filesystem::temp_directory_path() / ("tickgraph-link-" + std::to_string(getpid()));
  std::filesystem::create_symlink(ProgramPath("tickgraph"), link);
  const std::string command = link.string() + " inspect --help >/dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::filesystem::remove(link);
}

}  // namespace
}  // namespace tickgraph
