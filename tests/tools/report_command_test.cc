// `report` from outside, on a replay and its archive.
#include <gmock/gmock.h>

#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportCommandTest, DrawsAReplayFromItsArchive) {
  const TemporaryFolder folder;
  GeneratorOptions options;
  options.messages = 60'000;
  WriteSession(options, folder.File("session.pcap"));
  const std::string program = std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph", json = folder.File("replay.json"),
                    page = folder.File("page.html");
  const auto run = [](const std::string& command) { return WEXITSTATUS(std::system(command.c_str())); };
  ASSERT_EQ(run(program + " replay " + folder.File("session.pcap") + " --out " + folder.File("archive") + " --engine cpu --json --quiet >" +
                json),
            0);
  ASSERT_EQ(run(program + " report " + json + " --out " + page), 0);
  EXPECT_THAT(ReadFile(page), AllOf(HasSubstr("from a packet to its signal, in session time"), HasSubstr("<td>tick_to_signal</td>"),
                                    Not(ContainsRegex("<td>tick_to_signal</td>[^\n]*–"))));
  EXPECT_EQ(run(program + " report " + json + " --out " + page + " 2>" + folder.File("err")), 2) << "the page was overwritten";
  EXPECT_THAT(ReadFile(folder.File("err")), HasSubstr("exists; --force replaces it"));

  std::filesystem::remove_all(folder.File("archive"));
  EXPECT_EQ(run(program + " report " + json + " --out " + page + " --force 2>" + folder.File("err")), 0);
  EXPECT_THAT(ReadFile(folder.File("err")), HasSubstr("has no latency table here"));
  EXPECT_THAT(ReadFile(page), ContainsRegex("<td>tick_to_signal</td>[^\n]*–"));
}

TEST(ReportCommandTest, SaysWhatItCannotRead) {
  const TemporaryFolder folder;
  const std::string program = std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph";
  const int status = std::system(
      (program + " report " + folder.File("absent.json") + " --out " + folder.File("page.html") + " 2>" + folder.File("err")).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(ReadFile(folder.File("err")), HasSubstr("absent.json: there is no such file"));
  EXPECT_FALSE(std::filesystem::exists(folder.File("page.html")));
}

}  // namespace
}  // namespace tickgraph
