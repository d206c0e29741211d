// `replay` when something dies, is stopped, is slow or is full: what was good is kept, said, and nothing stays behind.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <cerrno>

#include "tests/tools/archive_rows.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

class ReplayProcessesTest : public ReplayProgramTest {
 protected:
  // Waits until a run's archive holds a committed segment.
  bool WaitForSegments(const std::string& out, size_t count) {
    return WaitUntil([&] {
      std::error_code failure;
      size_t found = 0;
      for (const auto& entry : std::filesystem::directory_iterator(File(out) + "/_segments", failure))
        found += entry.path().filename().string()[0] != '.';
      return found >= count;
    });
  }

  // Segments of 2,048 records, so that there is something to lose, and two seconds of time.
  const std::vector<std::string> slow_ = {"--speed", "0.25", "--set", "capacity.tape_records=8192"};
};

TEST_F(ReplayProcessesTest, ColdProcessKilledThreeTimesLosesNothing) {
  const std::string session = Session();
  const Outcome calm = Replay(session, "calm", {"--set", "capacity.tape_records=8192"});
  ASSERT_EQ(calm.exit_code, 0) << calm.err;
  ChildProcess replay(ReplayOf(session, "killed", slow_), folder_);
  pid_t killed = 0;
  for (size_t kills = 1; kills <= 3; ++kills) {
    pid_t cold = 0;
    ASSERT_TRUE(WaitUntil([&] { return (cold = ChildOf(replay.pid())) != 0 && cold != killed; }));
    if (kills > 1) {
      ASSERT_TRUE(WaitForSegments("killed", kills));
    }
    ASSERT_EQ(kill(cold, SIGKILL), 0);
    killed = cold;
  }
  const Outcome got = replay.Wait();
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.json()["archiver_restarts"], 3);
  for (const char* key : {"state_hash", "tape_records", "archived_records", "gapped_records"})
    EXPECT_EQ(got.json()[key], calm.json()[key]) << key;
  ExpectEqualTables(File("killed"), File("calm"));
  EXPECT_EQ(Run({"verify", File("killed")}).exit_code, 0);
}

TEST_F(ReplayProcessesTest, ColdProcessStoppedByItselfIsStartedAgain) {
  const std::string session = Session();
  ChildProcess replay(ReplayOf(session, "out", slow_), folder_);
  ASSERT_TRUE(WaitForSegments("out", 1));
  ASSERT_EQ(kill(ChildOf(replay.pid()), SIGTERM), 0);
  const Outcome got = replay.Wait();
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.json()["archiver_restarts"], 1);
  EXPECT_EQ(got.json()["archived_records"], got.json()["tape_records"]);
  EXPECT_EQ(Run({"verify", File("out")}).exit_code, 0);
}

TEST_F(ReplayProcessesTest, ArchiverOutlivesTheHotProcessAndTheNextStartRemovesItsTape) {
  const std::string session = Session();
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // the archiver becomes this process's child when its parent dies
  ChildProcess replay(ReplayOf(session, "out", slow_), folder_);
  const std::string tape = last_tape();
  ASSERT_TRUE(WaitForSegments("out", 2));
  const pid_t cold = ChildOf(replay.pid());
  ASSERT_NE(cold, 0);
  ASSERT_EQ(kill(replay.pid(), SIGKILL), 0);
  EXPECT_EQ(replay.Wait().exit_code, -SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(cold, &status, 0), cold);
  EXPECT_EQ(ExitCodeOf(status), 3);
  EXPECT_THAT(replay.err(), HasSubstr("the writer of tape " + tape + " died"));

  const Outcome verified = Run({"verify", File("out"), "--json"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_EQ(verified.json()["archived_records"], verified.json()["tape_records"]);
  EXPECT_GT(verified.json()["archived_records"], 4096);
  EXPECT_LT(verified.json()["archived_records"], 20'000);
  // Another program that starts in this moment may be the one that removes it.
  const bool there = std::filesystem::exists(TapePath(tape));
  const Outcome next = Replay(session, "next");
  EXPECT_EQ(next.exit_code, 0) << next.err;
  if (there) {
    EXPECT_THAT(next.err, HasSubstr("removed the tape '" + tape + "'"));
  }
}

TEST_F(ReplayProcessesTest, SigtermIsACleanEnd) {
  const std::string session = Session();
  ChildProcess replay(ReplayOf(session, "out", slow_), folder_);
  ASSERT_TRUE(WaitForSegments("out", 1));
  ASSERT_EQ(kill(replay.pid(), SIGTERM), 0);
  const Outcome got = replay.Wait();
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.json()["interrupted"], true);
  EXPECT_EQ(got.json()["archived_records"], got.json()["tape_records"]);
  EXPECT_GT(got.json()["messages"], 1000);
  EXPECT_LT(got.json()["messages"], 20'000);
  EXPECT_EQ(Run({"verify", File("out")}).exit_code, 0);
}

// A parent that ignores the ends of its children hands that on; how the archiver ended has to be learned all the same.
TEST_F(ReplayProcessesTest, EndsOfChildrenAreHeardWhereTheParentIgnoresThem) {
  ChildProcess replay(ReplayOf(Session(), "out"), folder_, {"env", "--ignore-signal=CHLD"});
  const Outcome got = replay.Wait();
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.json()["archiver_restarts"], 0);
  EXPECT_EQ(got.json()["archived_records"], got.json()["tape_records"]);
}

TEST_F(ReplayProcessesTest, FullDiskIsAnErrorThatNamesAFile) {
  const std::string session = Session(), disk = File("disk");
  std::filesystem::create_directories(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=128k") != 0)
    GTEST_SKIP() << "no small file system can be mounted here: " << std::strerror(errno);
  const Outcome got = Replay(session, "disk/out");
  EXPECT_EQ(got.exit_code, 1);
  EXPECT_THAT(got.err, HasSubstr("No space left on device"));
  EXPECT_THAT(got.err, HasSubstr("disk/out/"));
  EXPECT_EQ(got.out, "");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(disk))
    EXPECT_NE(entry.path().extension(), ".partial") << entry.path();
  EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST_F(ReplayProcessesTest, TapeThatIsNotReadInTimeIsCounted) {
  const std::string session = Session();
  // The loop is over before the archiver has started, and the ring holds a fifth of what it wrote.
  const Outcome got = Replay(session, "out", {"--tape-full", "gap", "--set", "capacity.tape_records=4096"});
  EXPECT_EQ(got.exit_code, 3);
  EXPECT_THAT(got.err, HasSubstr("tape records were overwritten before they were archived"));
  const auto report = got.json();
  const uint64_t tape = report["tape_records"], archived = report["archived_records"], gapped = report["gapped_records"],
                 gap_rows = report["archived_by_table"]["gaps"];
  EXPECT_GT(gapped, 10'000u);
  EXPECT_GT(gap_rows, 0u);
  EXPECT_EQ(archived - gap_rows + gapped, tape);
  EXPECT_EQ(Run({"verify", File("out")}).exit_code, 0);
  const auto calm = Replay(session, "calm").json();
  EXPECT_EQ(report["state_hash"], calm["state_hash"]) << "the loop does not know who reads";
}

TEST_F(ReplayProcessesTest, TapeNameInUseIsRefused) {
  const std::string session = Session();
  ChildProcess replay(ReplayOf(session, "out", slow_), folder_);
  ASSERT_TRUE(WaitForSegments("out", 1));
  const Outcome second = Run({"replay", session, "--out", File("second"), "--tape", last_tape()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("in use by another process"));
  EXPECT_EQ(replay.Wait().exit_code, 0);
}

}  // namespace
}  // namespace tickgraph
