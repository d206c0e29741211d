// What the hot path may not say: words that allocate, lock, throw, print or dispatch at run time, held against every file of
// the folders that the loop runs through. Code that runs once, at start, is named with its reason.
#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/source_scan.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct BannedWord {
  const char* pattern;
  const char* why;
};
constexpr BannedWord kBannedWords[] = {
    {R"(#\s*include\s*<(iostream|fstream|sstream|mutex|shared_mutex|condition_variable)>)", "streams and locks"},
    {R"(\bstd::function\b)", "std::function allocates"},
    {R"(\bstd::(string|to_string|vector|map|unordered_map|deque|list|set|unordered_set|shared_ptr|make_shared|make_unique)\b)",
     "allocates"},
    {R"(\b(virtual|override)\b)", "dispatch at run time"},
    {R"(\b(malloc|calloc|realloc)\s*\()", "allocates"},
    {R"(\bnew\b(?!\s*[(>]))", "allocates"},
    {R"(\bthrow\b)", "throws"},
    {R"(\b(printf|fprintf|puts|sleep|usleep|nanosleep|sleep_for)\s*\()", "system calls"},
};

constexpr std::string_view kHotFolders[] = {"hot/", "net/proto/", "kernels/"};

// Words that a file may say, because they run before the loop starts, after it has ended, or in the compiler.
struct Exemption {
  std::string_view path;
  std::string_view words;  // the match is one of these, separated by spaces; empty: every word
  const char* reason;
};
constexpr Exemption kExemptions[] = {
    {"hot/arena.h", "throw std::to_string", "takes the memory that everything else lives in"},
    {"hot/counters_page.cc", "", "creates and opens the shared memory"},
    {"hot/counters_page.h", "std::string std::vector", "names of pages, at start and end"},
    {"hot/level_store.h", "throw", "its constructor checks a size"},
    {"hot/order_store.h", "throw", "its constructor checks a size"},
    {"hot/tape.cc", "", "creates and opens the shared memory"},
    {"hot/tape.h", "std::string std::vector", "names of tapes, at start and end"},
    {"hot/tape_layout.h", "std::string", "names of tapes, at start and end"},
    {"kernels/cuda_batches.cu", "std::string std::shared_ptr std::make_shared std::make_unique", "takes its memory and says why it cannot"},
    {"kernels/cuda_batches.h", "std::string std::shared_ptr", "how a batch is built, and why it cannot be"},
    {"kernels/cuda_book_grid.cu", "std::string std::shared_ptr std::make_shared std::make_unique",
     "takes its memory and says why it cannot"},
    {"kernels/cuda_book_grid.h", "std::string std::shared_ptr", "how a grid is built, and why it cannot be"},
    {"kernels/cuda_device.cu", "std::string", "says why no device can be used"},
    {"kernels/cuda_device.h", "std::string", "says why no device can be used"},
    {"kernels/cuda_graph_engine.cu", "std::string std::shared_ptr std::make_shared", "builds the graphs and says why it cannot"},
    {"kernels/cuda_graph_engine.h", "std::string std::shared_ptr", "how an engine is built, and why it cannot be"},
    {"kernels/cuda_memory.cuh", "std::string", "says why memory cannot be had"},
    {"kernels/cuda_persistent_engine.cu", "std::string std::shared_ptr std::make_shared", "launches the kernel and says why it cannot"},
    {"kernels/cuda_persistent_engine.h", "std::string std::shared_ptr", "how an engine is built, and why it cannot be"},
    {"kernels/cuda_unavailable.cc", "std::string std::shared_ptr", "says why there is no CUDA engine"},
    {"kernels/engine_factory.cc", "std::string std::shared_ptr std::make_shared std::to_string", "chooses the engine and says why"},
    {"kernels/engine_factory.h", "std::string std::shared_ptr", "how an engine is chosen, and why"},
    {"kernels/option_chain.cc", "std::vector", "a whole chain at once, before or beside the loop"},
    {"kernels/option_chain.h", "std::vector", "a whole chain at once, before or beside the loop"},
    {"net/proto/dbn_layout.h", "throw", "ends a compilation, in consteval functions"},
    {"net/proto/json/json_decoder.cc", "std::make_unique", "its constructor takes the parser's memory"},
    {"net/proto/json/json_gather.cc", "std::make_unique new throw", "its constructor takes the parser's memory"},
    {"net/proto/feed_core.h", "std::vector", "the streams, all made by the constructor"},
    {"net/proto/message_registry.h", "throw", "ends a compilation, in consteval functions"},
};

bool IsExempt(std::string_view path, std::string_view word) {
  return std::ranges::any_of(kExemptions, [&](const Exemption& exempt) {
    if (exempt.path != path) return false;
    return exempt.words.empty() || (" " + std::string(exempt.words) + " ").find(" " + std::string(word) + " ") != std::string::npos;
  });
}

std::vector<std::string> Offences(const SourceFile& file) {
  std::vector<std::string> offences;
  const std::string code = CodeOnly(file.text);
  for (const BannedWord& banned : kBannedWords) {
    const std::regex pattern(banned.pattern);
    for (std::sregex_iterator match(code.begin(), code.end(), pattern), end; match != end; ++match) {
      if (IsExempt(file.path, match->str())) continue;
      const auto line = 1 + std::count(code.begin(), code.begin() + match->position(), '\n');
      offences.push_back(file.path + ":" + std::to_string(line) + ": " + match->str() + " (" + banned.why + ")");
    }
  }
  return offences;
}

TEST(HotPathWordsTest, NoneIsSaid) {
  int judged = 0;
  for (const SourceFile& file : ProjectSources()) {
    const bool hot = std::ranges::any_of(kHotFolders, [&](std::string_view folder) { return file.path.starts_with(folder); });
    if (!hot) continue;
    ++judged;
    for (const std::string& offence : Offences(file)) ADD_FAILURE() << offence;
  }
  EXPECT_GT(judged, 20);
}

TEST(HotPathWordsTest, ExemptFilesExist) {
  const std::vector<SourceFile> files = ProjectSources();
  for (const Exemption& exempt : kExemptions)
    EXPECT_TRUE(std::ranges::any_of(files, [&](const SourceFile& file) { return file.path == exempt.path; })) << exempt.path;
}

TEST(HotPathWordsTest, CatchesPlantedWords) {
  const auto offences = [](const char* text) { return Offences({"hot/x.h", text}); };
  EXPECT_THAT(offences("// a new std::string is thrown\nconst char* k = \"throw new\"; /* virtual */ std::string_view v;\n"), IsEmpty());
  EXPECT_THAT(offences("new (place) Order(); int newest = 1'000; renew();"), IsEmpty());
  EXPECT_THAT(offences("int a;\nauto* p = new Order;\n"), ElementsAre(HasSubstr("hot/x.h:2: new")));
  EXPECT_THAT(offences("if (bad) throw Error();"), ElementsAre(HasSubstr("throw")));
  EXPECT_THAT(offences("std::string s;"), ElementsAre(HasSubstr("std::string")));
  EXPECT_THAT(offences("std::function<void()> f;"), ElementsAre(HasSubstr("std::function")));
  EXPECT_THAT(offences("virtual void F();"), ElementsAre(HasSubstr("virtual")));
  EXPECT_THAT(offences("#include <iostream>\n"), ElementsAre(HasSubstr("iostream")));
  EXPECT_THAT(offences("char c = '\"'; throw 1; char d = '\"';"), ElementsAre(HasSubstr("throw")));
  EXPECT_THAT(offences("auto s = R\"(throw)\"; malloc(3);"), ElementsAre(HasSubstr("malloc")));
}

}  // namespace
}  // namespace tickgraph
