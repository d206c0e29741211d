// A live run on this machine's own address, fed by `replay --to`, with servers beside it to ask; no namespaces, any user.
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "net/io/file/pcap_writer.h"
#include "net/io/udp_sender.h"
#include "net/proto/frame.h"
#include "net/proto/opra.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {

inline constexpr uint32_t kHere = 0x7F000001;

class LoopbackRunTest : public ReplayProgramTest {
 protected:
  const std::string day_ = std::to_string(kGeneratedDate);
  const std::vector<std::string> patience_ = {"recovery.timeout_ns=60000000", "recovery.attempts=8"};

  // The packets of `from` that `keep(frame)` wants, in a file of their own.
  template <class Keep>
  std::string Some(const std::string& from, const std::string& name, Keep keep) {
    const PacketsInMemory packets(from, [&](const PacketView& packet) { return keep(ParseFrame(packet)); });
    std::string error;
    const auto writer = PcapWriter::Create(File(name), false, &error);
    for (const PacketView& packet : packets.packets()) writer->Write(packet.ts_recv_ns, packet.data, packet.size);
    EXPECT_TRUE(writer->Close(&error)) << error;
    return File(name);
  }
  std::string OnlyItch(const std::string& from, const std::string& name) {
    return Some(from, name, [](const Frame& frame) { return !LooksLikeOpra(frame.payload, frame.size); });
  }

  // `sent` through real sockets to a run that is configured with `run_keys` of [run] and further `tables`; it ends by itself.
  Outcome RunLive(const std::string& sent, uint32_t streams, const std::string& run_keys, const std::string& tables,
                  const std::string& speed = "0.2") {
    std::vector<std::string> targets, arguments;
    std::string list;
    const uint16_t base = static_cast<uint16_t>(10'000 + getpid() % 2'500 * 4);
    for (uint16_t i = 0; i < 4; ++i) targets.push_back(ToText({kHere, static_cast<uint16_t>(base + i)}));
    for (const std::string& target : targets) list += (list.empty() ? "\"" : ", \"") + target + "\"";
    std::ofstream(File("run.toml")) << "[run]\nstreams = " << streams << "\nidle_ms = 3000\n"
                                    << run_keys << tables << "[[port]]\nkind = \"udp\"\nline_a = [" << list << "]\n";
    arguments = ReplayOf("", "live",
                         {"--config", File("run.toml"), "--engine", "cpu", "--date", day_, "--record", File("record.pcapng"), "--force"});
    arguments[0] = "run";
    for (const std::string& setting : patience_) arguments.insert(arguments.end(), {"--set", setting});
    ChildProcess run(arguments, folder_);
    EXPECT_TRUE(WaitUntil([&] { return run.err().find("ready, tape") != std::string::npos || run.ended(); }));
    arguments = {"replay", sent, "--speed", speed, "--json"};
    for (size_t i = 0; i < DestinationCount(sent); ++i) arguments.insert(arguments.end(), {"--to", "udp://" + targets[i]});
    const Outcome player = ReplayProgramTest::Run(arguments);
    EXPECT_EQ(player.exit_code, 0) << player.err;
    SayTheEndAgain(sent, targets, run);
    return run.Wait();
  }

  // Whatever happened, the record tells it again.
  void ExpectTheRecordReplays(const nlohmann::json& report) {
    std::vector<std::string> arguments = {"--engine", "cpu", "--date", day_, "--force"};
    for (const std::string& setting : patience_) arguments.insert(arguments.end(), {"--set", setting});
    const Outcome outcome = Replay(File("record.pcapng"), "again", arguments);
    const nlohmann::json again = outcome.json();
    ASSERT_TRUE(again.is_object()) << outcome.err;
    EXPECT_EQ(again["state_hash"], report["state_hash"]) << outcome.err;
    // The last is there where snapshots were asked for.
    for (const char* key : {"recovered_messages", "gaps", "missing_messages", "messages", "snapshots"})
      EXPECT_EQ(again.value(key, nlohmann::json()), report.value(key, nlohmann::json())) << key;
  }

 private:
  static std::vector<UdpAddress> Destinations(const PacketsInMemory& packets) {
    std::vector<UdpAddress> out;
    for (const PacketView& packet : packets.packets()) {
      const Frame frame = ParseFrame(packet);
      const UdpAddress address{frame.destination, frame.destination_port};
      if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
    }
    return out;
  }
  static size_t DestinationCount(const std::string& file) { return Destinations(PacketsInMemory(file)).size(); }

  // Ends of session are repeated while the last holes are asked for, as a venue does.
  static void SayTheEndAgain(const std::string& sent, const std::vector<std::string>& targets, const ChildProcess& run) {
    std::string error;
    const auto sender = UdpSender::Open("", 1, &error);
    const PacketsInMemory packets(sent);
    const std::vector<UdpAddress> from = Destinations(packets);
    std::map<size_t, std::vector<uint8_t>> ends;  // by target: its last datagram
    for (const PacketView& packet : packets.packets()) {
      const Frame frame = ParseFrame(packet);
      const UdpAddress address{frame.destination, frame.destination_port};
      ends[static_cast<size_t>(std::find(from.begin(), from.end(), address) - from.begin())].assign(frame.payload,
                                                                                                    frame.payload + frame.size);
    }
    for (int i = 0; i < 200 && !run.ended(); ++i) {
      for (const auto& [at, bytes] : ends) {
        const UdpDatagram datagram{bytes.data(), static_cast<uint32_t>(bytes.size()), *ParseUdpAddress(targets[at])};
        EXPECT_TRUE(sender->Send(&datagram, 1, &error)) << error;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  }
};

}  // namespace tickgraph
