// How a live run says that it ended: by a stop, which names who sent it, or by silence, whatever comes after.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

class LiveStopTest : public ReplayProgramTest {
 protected:
  // A run that nobody sends anything, once it is ready.
  std::unique_ptr<ChildProcess> Start(const std::string& idle_ms, bool json) {
    const std::string port = std::to_string(24'000 + getpid() % 1000);
    std::ofstream(File("run.toml")) << "[[port]]\nkind = \"udp\"\nline_a = [\"127.0.0.1:" << port << "\"]\n";
    std::vector<std::string> arguments = ReplayOf("", "live", {"--config", File("run.toml"), "--engine", "cpu", "--idle-ms", idle_ms});
    arguments[0] = "run";
    if (!json) arguments.erase(std::find(arguments.begin(), arguments.end(), "--json"));
    auto run = std::make_unique<ChildProcess>(arguments, folder_);
    EXPECT_TRUE(WaitUntil([&] { return run->err().find("ready, tape") != std::string::npos || run->ended(); }));
    return run;
  }
};

TEST_F(LiveStopTest, NamesTheSignalAndItsSender) {
  for (const bool json : {true, false}) {
    std::filesystem::remove_all(File("live"));
    const auto run = Start("60000", json);
    kill(run->pid(), SIGTERM);
    const Outcome live = run->Wait();
    ASSERT_EQ(live.exit_code, 0) << live.err;
    const std::string by = "SIGTERM of process " + std::to_string(getpid());
    if (json) {
      EXPECT_EQ(live.json()["interrupted"], true);
      EXPECT_EQ(live.json()["end"], "stopped");
      EXPECT_EQ(live.json()["stopped_by"], by);
    } else {
      EXPECT_THAT(live.out, HasSubstr("stopped   by " + by + "; everything up to there is archived"));
    }
  }
}

// The archiver is held up, so that the stop comes when the run is over and waits for it.
TEST_F(LiveStopTest, AStopAfterTheEndEndedNothing) {
  const auto run = Start("300", true);
  const pid_t archiver = ChildOf(run->pid());
  ASSERT_GT(archiver, 0);
  kill(archiver, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  kill(run->pid(), SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  kill(archiver, SIGCONT);
  const Outcome live = run->Wait();
  ASSERT_EQ(live.exit_code, 0) << live.err;
  EXPECT_EQ(live.json()["end"], "source silent");
  EXPECT_EQ(live.json()["interrupted"], false);
  EXPECT_FALSE(live.json().contains("stopped_by"));
}

}  // namespace
}  // namespace tickgraph
