// `replay` as a user runs it: one state whatever the way, losses told, and bad input answered with a clear error.
#include <gmock/gmock.h>

#include "net/proto/wire.h"
#include "tests/tools/archive_events.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

constexpr size_t kUdpPayload = 14 + 20 + 8;  // Ethernet, IPv4 without options, UDP: what the generator writes
constexpr size_t kMoldHeader = 20;

class ReplayTest : public ReplayProgramTest {
 protected:
  // A copy of a session in which `change(bytes, message)` may alter the first message of the first data packet of ITCH type `type`, on
  // both lines alike. The UDP checksum of such a packet is taken out.
  template <class F>
  void CopyChanged(const std::string& from, const std::string& to, char type, F change) {
    const PacketsInMemory packets(from);
    std::string error, sequence;
    const auto writer = PcapWriter::Create(to, false, &error);
    ASSERT_NE(writer, nullptr) << error;
    int changed = 0;
    for (const PacketView& packet : packets.packets()) {
      std::string bytes(reinterpret_cast<const char*>(packet.data), packet.size);
      if (bytes.compare(kUdpPayload, 4, "TGXA") == 0 && bytes.size() > kUdpPayload + kMoldHeader + 2 &&
          bytes[kUdpPayload + kMoldHeader + 2] == type) {
        const std::string number = bytes.substr(kUdpPayload, 18);
        if (sequence.empty()) sequence = number;
        if (number == sequence) {
          change(&bytes, kUdpPayload + kMoldHeader + 2);
          bytes[kUdpPayload - 2] = bytes[kUdpPayload - 1] = 0;
          ++changed;
        }
      }
      ASSERT_TRUE(writer->Write(packet.ts_recv_ns, reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<uint32_t>(bytes.size())));
    }
    ASSERT_TRUE(writer->Close(&error)) << error;
    ASSERT_EQ(changed, 2);
  }

  void ExpectRefused(const std::vector<std::string>& arguments, int exit_code, const std::string& text) {
    const Outcome got = Run(arguments);
    EXPECT_EQ(got.exit_code, exit_code) << got.err;
    EXPECT_THAT(got.err, HasSubstr(text));
    EXPECT_EQ(got.out, "");
    EXPECT_FALSE(std::filesystem::exists(File("out"))) << "a run that was refused left a folder";
  }
};

TEST_F(ReplayTest, OneStateWhateverTheWay) {
  const std::string session = Session();
  const Outcome base = Replay(session, "base", {"--engine", "cpu"});
  ASSERT_EQ(base.exit_code, 0) << base.err;
  const auto want = base.json();
  EXPECT_GT(want["fills"], 0);
  EXPECT_EQ(want["gaps"], 0);
  EXPECT_EQ(want["archived_records"], want["tape_records"]);
  EXPECT_EQ(want["gapped_records"], 0);
  const std::vector<std::pair<std::string, std::vector<std::string>>> ways = {{session, {}},
                                                                              {session, {"--speed", "0.7"}},
                                                                              {session, {"--set", "capacity.tape_records=4096"}},
                                                                              {"", {"--port", "net_pcap0,rx_pcap=" + session}}};
  for (const auto& [source, more] : ways) {
    const std::string out = "way" + std::to_string(&more - &ways[0].second);
    const Outcome got = Replay(source, out, more);
    ASSERT_EQ(got.exit_code, 0) << got.err;
    for (const char* key : {"state_hash", "book_hash", "messages", "signals", "orders", "fills", "rejects", "tape_records",
                            "archived_records", "gapped_records", "duration_ns"})
      EXPECT_EQ(got.json()[key], want[key]) << key << " " << testing::PrintToString(more);
  }
}

TEST_F(ReplayTest, EveryEngineGivesThatStateOrSaysWhyItCannotRun) {
  const std::string session = Session();
  const auto want = Replay(session, "base", {"--engine", "cpu"}).json();
  EXPECT_THAT(want["engine"].get<std::string>(), HasSubstr("cpu-"));
  EXPECT_EQ(want["engine_reason"], "chosen by configuration");
  for (const std::string engine : {"auto", "cuda-graph", "cuda-persistent"}) {
    const Outcome got = Replay(session, engine, {"--engine", engine});
    if (got.exit_code != 0 && engine != "auto") {
      EXPECT_EQ(got.exit_code, 1);
      EXPECT_THAT(got.err, HasSubstr("engine " + engine + ": "));
      EXPECT_THAT(got.err, HasSubstr("CUDA"));
      EXPECT_EQ(got.out, "");
      continue;
    }
    ASSERT_EQ(got.exit_code, 0) << got.err;
    const auto report = got.json();
    EXPECT_THAT(report["engine_reason"].get<std::string>(), HasSubstr("CUDA")) << "the device, or why there is none";
    if (engine != "auto") {
      EXPECT_EQ(report["engine"], engine);
    }
    EXPECT_EQ(report["engine_switches"], 0);
    EXPECT_EQ(report["state_hash"], want["state_hash"]) << engine;
  }
}

TEST_F(ReplayTest, OtherFeesAreAnotherState) {
  const std::string session = Session();
  const auto base = Replay(session, "base").json();
  { std::ofstream(File("fees.toml")) << "[engine]\nequity_fee_nanos = 0\noption_fee_nanos = 0\n"; }
  const auto other = Replay(session, "other", {"--config", File("fees.toml")}).json();
  EXPECT_EQ(other["book_hash"], base["book_hash"]);
  EXPECT_NE(other["state_hash"], base["state_hash"]);
}

TEST_F(ReplayTest, LossThatTheOtherLineFillsChangesNoBook) {
  const auto whole = Replay(Session(), "whole").json();
  const std::vector<LineOptions> losses = {{.loss_a = 0.2}, {.loss_a = 0.2, .loss_b = 0.2, .loss_disjoint = true}};
  for (const LineOptions& lines : losses) {
    const std::string name = lines.loss_disjoint ? "disjoint" : "a";
    const Outcome got = Replay(Session(name + ".pcap", lines), name);
    EXPECT_EQ(got.exit_code, 0) << got.err;
    EXPECT_EQ(got.json()["gaps"], 0);
    EXPECT_EQ(got.json()["messages"], whole["messages"]);
    EXPECT_EQ(got.json()["book_hash"], whole["book_hash"]);
    EXPECT_LT(got.json()["duplicates"], whole["duplicates"]);
  }
}

TEST_F(ReplayTest, LossOnBothLinesIsTold) {
  const auto whole = Replay(Session(), "whole").json();
  const Outcome got = Replay(Session("lossy.pcap", {.loss_a = 0.2, .loss_b = 0.2}), "lossy");
  EXPECT_EQ(got.exit_code, 3);
  EXPECT_THAT(got.err, HasSubstr("gaps stayed open"));
  const uint64_t gaps = got.json()["gaps"], missing = got.json()["missing_messages"], messages = got.json()["messages"];
  EXPECT_GT(gaps, 10u);
  EXPECT_EQ(messages + missing, whole["messages"].get<uint64_t>());
  EXPECT_EQ(got.json()["archived_by_table"]["gaps"], gaps) << "a row a gap";
  EXPECT_NE(got.json()["book_hash"], whole["book_hash"]);
  EXPECT_EQ(Run({"verify", File("lossy")}).exit_code, 0);
}

TEST_F(ReplayTest, RefusesBadSettings) {
  const std::string session = Session();
  ExpectRefused(ReplayOf(session, "out", {"--config", File("nothing.toml")}), 2, "nothing.toml");
  { std::ofstream(File("bad.toml")) << "[risk]\nmessage_burst = = 3\n"; }
  ExpectRefused(ReplayOf(session, "out", {"--config", File("bad.toml")}), 2, "bad.toml:2: ");
  { std::ofstream(File("odd.toml")) << "[risk]\nmessage_burst = 30\nmessage_brust = 3\n"; }
  ExpectRefused(ReplayOf(session, "out", {"--config", File("odd.toml")}), 2, "odd.toml:3: risk.message_brust: unknown key");
  ExpectRefused(ReplayOf(session, "out", {"--set", "risk.message_brust=3"}), 2, "--set risk.message_brust: unknown key");
  ExpectRefused(ReplayOf(session, "out", {"--set", "risk.message_burst"}), 2, "--set risk.message_burst: expected KEY=VALUE");
  ExpectRefused(ReplayOf(session, "out", {"--set", "capacity.tape_records=5000"}), 2, "a power of two is expected");
  for (const char* speed : {"0", "-1", "nan", "fast", "1x", ""})
    ExpectRefused(ReplayOf(session, "out", {"--speed", speed}), 2, std::string("--speed ") + speed);
  ExpectRefused(ReplayOf(session, "out", {"--date", "20240231"}), 2, "not a day, YYYYMMDD: 20240231");
  ExpectRefused(ReplayOf(session, "out", {"--engine", "abacus"}), 2, "abacus");
  ExpectRefused(ReplayOf("", "out"), 2, "give a capture FILE");
}

TEST_F(ReplayTest, RefusesAnOutputThatExistsAndTouchesNothing) {
  const std::string session = Session();
  std::filesystem::create_directories(File("mine"));
  { std::ofstream(File("mine/precious")) << "mine"; }
  const Outcome got = Replay(session, "mine");
  EXPECT_EQ(got.exit_code, 2);
  EXPECT_THAT(got.err, HasSubstr("mine is not empty"));
  EXPECT_EQ(ReadFile(File("mine/precious")), "mine");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(File("mine")), {}), 1);
  EXPECT_EQ(Replay(session, "s.pcap").exit_code, 2) << "a file is no folder";
  ASSERT_EQ(Replay(session, "archive").exit_code, 0);
  EXPECT_EQ(Replay(session, "archive").exit_code, 2);
  EXPECT_EQ(Replay(session, "archive", {"--force"}).exit_code, 0);
  EXPECT_EQ(Run({"verify", File("archive")}).exit_code, 0);
}

TEST_F(ReplayTest, RefusesWhatIsNoCapture) {
  ExpectRefused(ReplayOf(File("nothing.pcap"), "out"), 1, "nothing.pcap: cannot open");
  { std::ofstream(File("empty.pcap")); }
  ExpectRefused(ReplayOf(File("empty.pcap"), "out"), 1, "empty.pcap: the file is empty");
  { std::ofstream(File("noise.pcap")) << std::string("\xBE\x9E\x96\x51 no magic number known to anybody"); }
  ExpectRefused(ReplayOf(File("noise.pcap"), "out"), 1, "noise.pcap: not a capture in a known format");
  ExpectRefused(ReplayOf("", "out", {"--port", "net_pcap0,rx_pcap=" + File("nothing.pcap")}), 1, "net_pcap0");
}

TEST_F(ReplayTest, RawItchNeedsADay) {
  std::string raw;
  for (const char code : std::string("OSQMEC")) {
    std::string message(14, '\0');
    message[1] = 12;
    message[2] = 'S';
    message[9] = 9;  // some hour of the day
    message[13] = code;
    raw += message;
  }
  { std::ofstream(File("day.itch")) << raw; }
  { std::ofstream(File("day-20240314.itch")) << raw; }
  ExpectRefused(ReplayOf(File("day.itch"), "out"), 2, "give --date YYYYMMDD");
  const Outcome told = Replay(File("day.itch"), "told", {"--date", "20240314"}), named = Replay(File("day-20240314.itch"), "named");
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(named.exit_code, 0) << named.err;
  EXPECT_EQ(told.json()["messages"], 6);
  EXPECT_EQ(told.json()["state_hash"], named.json()["state_hash"]);
  EXPECT_TRUE(std::filesystem::exists(File("named") + "/events/date=2024-03-14"));
}

TEST_F(ReplayTest, KeepsWhatCameBeforeACut) {
  const std::string session = Session(), bytes = ReadFile(session);
  // The packet that holds byte 500,000 is the first that is not whole.
  size_t start = 24;
  for (size_t next = start; next <= 500'000; next += 16 + LoadLe<uint32_t>(reinterpret_cast<const uint8_t*>(bytes.data()) + next + 8))
    start = next;
  { std::ofstream(File("cut.pcap"), std::ios::binary) << bytes.substr(0, 500'000); }
  { std::ofstream(File("good.pcap"), std::ios::binary) << bytes.substr(0, start); }
  const Outcome cut = Replay(File("cut.pcap"), "cut"), good = Replay(File("good.pcap"), "good");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(cut.exit_code, 3);
  EXPECT_THAT(cut.err, HasSubstr("cut.pcap: damaged at byte " + std::to_string(start) + ": "));
  EXPECT_EQ(cut.json()["state_hash"], good.json()["state_hash"]);
  EXPECT_EQ(cut.json()["archived_records"], good.json()["archived_records"]);
  EXPECT_GT(cut.json()["messages"], 1000);
  EXPECT_EQ(Run({"verify", File("cut")}).exit_code, 0);
}

// Products with rows of a GAPPED book, from the archive.
std::set<std::string> GappedProducts(const std::string& folder) {
  std::set<std::string> out;
  for (const auto& [venue, rows] : EventRows(folder)) {
    for (const std::string& row : rows) {
      if (row.find("|gapped|") != std::string::npos) out.insert(row.substr(0, row.find('|')));
    }
  }
  return out;
}

TEST_F(ReplayTest, AMessageThatContradictsItsBookIsToldAndTheBookIsBelievedNoMore) {
  const std::string session = Session();
  const Outcome whole = Replay(session, "whole");
  EXPECT_EQ(whole.json()["marked_books"], 0);
  EXPECT_EQ(GappedProducts(File("whole")), std::set<std::string>());
  constexpr size_t kAddShares = 20, kExecutedShares = 19;
  struct Case {
    const char* name;
    char type, most_significant;
    size_t at;
  };
  for (const Case& c : {Case{"over_executions", 'E', 0x7F, kExecutedShares}, Case{"bad_orders", 'A', 0, kAddShares}}) {
    const std::string name = c.name;
    CopyChanged(session, File(name + ".pcap"), c.type, [&](std::string* bytes, size_t at) {
      bytes->replace(at + c.at, 4, std::string(1, c.most_significant) + std::string(3, '\0'));
    });
    const Outcome got = Replay(File(name + ".pcap"), name);
    EXPECT_EQ(got.exit_code, 3) << got.err;
    EXPECT_THAT(got.err, HasSubstr("1 messages contradicted their book or found no room in it"));
    const auto report = got.json();
    for (const auto& [kind, count] : report["book_damage"].items()) EXPECT_EQ(count, kind == name ? 1 : 0) << kind;
    EXPECT_EQ(report["marked_books"], 1);
    EXPECT_EQ(report["messages"], whole.json()["messages"]);
    EXPECT_EQ(GappedProducts(File(name)).size(), 1u) << name;
  }
}

TEST_F(ReplayTest, BooksThatFindNoRoomAreToldAndNotTradedOn) {
  const Outcome got = Replay(Session(), "small", {"--set", "capacity.resting_orders=50"});
  EXPECT_EQ(got.exit_code, 3);
  EXPECT_THAT(got.err, HasSubstr("found no room in it"));
  EXPECT_GT(got.json()["book_damage"]["no_room_orders"], 100);
  EXPECT_EQ(got.json()["marked_books"], 0) << "the venue said nothing wrong";
  EXPECT_FALSE(GappedProducts(File("small")).empty());
}

TEST_F(ReplayTest, CountsAMessageOfAnUnknownType) {
  const std::string session = Session();
  const auto whole = Replay(session, "whole").json();
  CopyChanged(session, File("unknown.pcap"), 'S', [](std::string* bytes, size_t at) { (*bytes)[at] = '~'; });
  const Outcome got = Replay(File("unknown.pcap"), "unknown");
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(got.json()["unknown_types"], 1);
  EXPECT_EQ(got.json()["bad_messages"], 0);
  EXPECT_EQ(got.json()["gaps"], 0);
  EXPECT_EQ(got.json()["messages"], whole["messages"].get<uint64_t>() - 1);
}

TEST_F(ReplayTest, CountsAMalformedMessageAndNamesItsPacket) {
  const std::string session = Session();
  const auto whole = Replay(session, "whole").json();
  // An Add Order that is as long as a System Event.
  CopyChanged(session, File("short.pcap"), 'S', [](std::string* bytes, size_t at) { (*bytes)[at] = 'A'; });
  const Outcome got = Replay(File("short.pcap"), "short");
  EXPECT_EQ(got.exit_code, 3);
  EXPECT_THAT(got.err, HasSubstr("1 malformed messages or packets were skipped, the first in packet "));
  EXPECT_EQ(got.json()["bad_messages"], 1);
  EXPECT_EQ(got.json()["messages"], whole["messages"].get<uint64_t>() - 1);
  // A block whose length passes the end of the packet.
  CopyChanged(session, File("long.pcap"), 'S', [](std::string* bytes, size_t at) { (*bytes)[at - 2] = 0x7F; });
  const Outcome hostile = Replay(File("long.pcap"), "long");
  EXPECT_EQ(hostile.exit_code, 3);
  EXPECT_GT(hostile.json()["bad_messages"], 0);
}

}  // namespace
}  // namespace tickgraph
