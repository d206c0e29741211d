// Who may include whom: every #include of the project is held against the rooms' rules.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/source_scan.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The libraries, told by how their headers begin.
struct Library {
  std::string_view prefix;
  std::string_view name;
};
constexpr Library kLibraries[] = {
    {"CLI/", "CLI11"},
    {"absl/", "abseil"},
    {"arrow/", "arrow"},
    {"benchmark/", "benchmark"},
    {"boost/", "boost"},
    {"cooperative_groups", "cuda"},
    {"concurrentqueue", "moodycamel"},
    {"blockingconcurrentqueue", "moodycamel"},
    {"moodycamel/", "moodycamel"},
    {"cub/", "cuda"},
    {"cuda", "cuda"},
    {"device_", "cuda"},
    {"gmock/", "gtest"},
    {"gtest/", "gtest"},
    {"lzma", "lzma"},
    {"mimalloc", "mimalloc"},
    {"nlohmann/", "nlohmann"},
    {"openssl/", "openssl"},
    {"parquet/", "arrow"},
    {"pcap", "pcap"},
    {"prometheus/", "prometheus"},
    {"rte_", "dpdk"},
    {"simdjson", "simdjson"},
    {"spdlog/", "spdlog"},
    {"thrust/", "cuda"},
    {"toml++/", "toml++"},
    {"zlib", "zlib"},
    {"zstd", "zstd"},
};

std::string_view LibraryOf(std::string_view include) {
  for (const Library& library : kLibraries)
    if (include.starts_with(library.prefix)) return library.name;
  return {};  // the standard library's or the system's
}

// What the files under a folder may include. The longest folder that fits a file decides.
struct Rule {
  std::string_view folder;
  std::vector<std::string_view> project;    // beginnings of the project's own headers
  std::vector<std::string_view> libraries;  // names of kLibraries
};

const std::vector<std::string_view> kEverything = {"hot/", "net/", "kernels/", "replay/", "cold/", "tools/", "perf/", "bench/", "tests/"};
const std::vector<std::string_view> kShipped = {"hot/", "net/", "kernels/", "replay/", "cold/", "tools/", "perf/"};
const std::vector<std::string_view> kAllLibraries = {"CLI11", "abseil",   "arrow",    "benchmark", "boost",   "cuda", "moodycamel",
                                                     "gtest", "lzma",     "mimalloc", "nlohmann",  "openssl", "pcap", "prometheus",
                                                     "dpdk",  "simdjson", "spdlog",   "toml++",    "zlib",    "zstd"};

const std::vector<Rule>& Rules() {
  static const std::vector<Rule> rules = {
      {"hot/", {"hot/"}, {}},
      {"net/proto/", {"hot/", "net/proto/"}, {}},
      {"net/proto/json/", {"hot/", "net/proto/"}, {"simdjson"}},
      {"net/io/", {"hot/", "net/"}, {"dpdk", "pcap"}},
      {"net/io/file/", {"hot/", "net/"}, {"dpdk", "pcap", "zlib", "lzma", "zstd"}},
      {"kernels/", {"hot/", "kernels/"}, {}},
      {"replay/", {"hot/", "net/", "replay/", "kernels/math.h", "kernels/european.h", "kernels/implied_volatility.h"}, {}},
      {"cold/", {"hot/", "kernels/", "net/", "cold/"}, {"arrow", "abseil", "moodycamel", "mimalloc"}},
      {"cold/collect/",
       {"hot/", "kernels/", "net/", "cold/"},
       {"arrow", "abseil", "moodycamel", "mimalloc", "openssl", "boost", "simdjson"}},
      {"perf/", {"hot/", "perf/", "build_commit.h"}, {}},
      {"tools/", kShipped, kAllLibraries},
      {"bench/", kEverything, kAllLibraries},
      {"tests/", kEverything, kAllLibraries},
  };
  return rules;
}

const Rule* RuleFor(std::string_view path) {
  const Rule* best = nullptr;
  for (const Rule& rule : Rules())
    if (path.starts_with(rule.folder) && (best == nullptr || rule.folder.size() > best->folder.size())) best = &rule;
  return best;
}

bool IsCudaSource(std::string_view path) { return path.ends_with(".cu") || path.ends_with(".cuh"); }

// One line for each include of `file` that its room may not have.
std::vector<std::string> WrongIncludes(const SourceFile& file) {
  std::vector<std::string> wrong;
  const Rule* rule = RuleFor(file.path);
  if (rule == nullptr) return {file.path + ": lies in no room"};
  for (const Include& include : IncludesOf(file.text)) {
    const std::string where = file.path + ":" + std::to_string(include.line) + ": " + include.name;
    const std::string_view library = LibraryOf(include.name);
    if (!library.empty()) {
      const bool allowed = std::ranges::find(rule->libraries, library) != rule->libraries.end();
      const bool cuda_here = library == "cuda" && IsCudaSource(file.path);
      if (!allowed && !cuda_here)
        wrong.push_back(where + " (" + std::string(library) + " has no place in " + std::string(rule->folder) + ")");
      continue;
    }
    const bool ours = std::ranges::any_of(kEverything, [&](std::string_view room) { return include.name.starts_with(room); });
    if (!include.quoted && !ours) continue;
    if (std::ranges::none_of(rule->project, [&](std::string_view beginning) { return include.name.starts_with(beginning); }))
      wrong.push_back(where + (ours ? " (" + std::string(rule->folder) + " may not include it)" : " (write it from the project's root)"));
  }
  return wrong;
}

TEST(LayeringTest, EveryIncludeObeysItsRoom) {
  const std::vector<SourceFile> files = ProjectSources();
  ASSERT_GT(files.size(), 50u) << "the sources were not found under " << TICKGRAPH_SOURCE_DIR;
  for (const SourceFile& file : files)
    for (const std::string& problem : WrongIncludes(file)) ADD_FAILURE() << problem;
}

// A *_body.h is meant to be included more than once.
TEST(LayeringTest, EveryHeaderHasAGuard) {
  for (const SourceFile& file : ProjectSources()) {
    const bool header = file.path.ends_with(".h") || file.path.ends_with(".cuh");
    if (!header || file.path.ends_with("_body.h")) continue;
    EXPECT_NE(CodeOnly(file.text).find("#pragma once"), std::string::npos) << file.path;
  }
}

TEST(LayeringTest, CatchesAPlantedInclude) {
  const auto wrong = [](const char* path, const char* text) { return WrongIncludes({path, text}); };
  EXPECT_THAT(wrong("hot/book.h", "#include <vector>\n#include \"hot/types.h\"\n"), IsEmpty());
  EXPECT_THAT(wrong("hot/book.h", "\n#include \"net/proto/itch.h\"\n"), ElementsAre(HasSubstr("hot/book.h:2: net/proto/itch.h")));
  EXPECT_THAT(wrong("hot/book.h", "#  include <absl/strings/str_cat.h>\n"), ElementsAre(HasSubstr("abseil has no place in hot/")));
  EXPECT_THAT(wrong("hot/book.h", "#include <hot/types.h>\n#include <cold/archiver.h>\n"), ElementsAre(HasSubstr("cold/archiver.h")));
  EXPECT_THAT(wrong("hot/book.h", "#include \"types.h\"\n"), ElementsAre(HasSubstr("from the project's root")));
  EXPECT_THAT(wrong("net/proto/itch.h", "#include \"net/io/port.h\"\n"), ElementsAre(HasSubstr("net/io/port.h")));
  EXPECT_THAT(wrong("net/io/port.cc", "#include <zlib.h>\n"), ElementsAre(HasSubstr("zlib")));
  EXPECT_THAT(wrong("net/io/file/gzip.cc", "#include <zlib.h>\n"), IsEmpty());
  EXPECT_THAT(wrong("kernels/engine.cc", "#include <cuda_runtime.h>\n"), ElementsAre(HasSubstr("cuda")));
  EXPECT_THAT(wrong("kernels/engine.cu", "#include <cuda_runtime.h>\n"), IsEmpty());
  EXPECT_THAT(wrong("replay/player.cc", "#include \"kernels/cpu_engine.h\"\n"), ElementsAre(HasSubstr("kernels/cpu_engine.h")));
  EXPECT_THAT(wrong("cold/archiver.cc", "#include \"replay/player.h\"\n#include <arrow/api.h>\n"),
              ElementsAre(HasSubstr("replay/player.h")));
  EXPECT_THAT(wrong("tools/main.cc", "#include \"tests/tools/source_scan.h\"\n"), ElementsAre(HasSubstr("tests/")));
  EXPECT_THAT(wrong("attic/old.cc", ""), ElementsAre(HasSubstr("no room")));
}

}  // namespace
}  // namespace tickgraph
