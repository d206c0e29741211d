// Two network namespaces joined by a veth pair, and `run` in one of them fed by `replay --to` in the other.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "net/io/udp_address.h"
#include "net/proto/frame.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {

// Made at construction, gone at destruction with everything in them.
class NamespacePair {
 public:
  NamespacePair() {
    const std::string id = "tickgraph-test-" + std::to_string(getpid());
    sender_ = id + "-a";
    receiver_ = id + "-b";
    made_ = Ip("netns add " + sender_) && Ip("netns add " + receiver_) &&
            Ip("link add va netns " + sender_ + " type veth peer name vb netns " + receiver_) &&
            Ip("-n " + sender_ + " addr add 10.77.0.1/24 dev va") && Ip("-n " + receiver_ + " addr add 10.77.0.2/24 dev vb") &&
            Ip("-n " + sender_ + " link set va up") && Ip("-n " + receiver_ + " link set vb up");
  }
  NamespacePair(const NamespacePair&) = delete;
  NamespacePair& operator=(const NamespacePair&) = delete;
  ~NamespacePair() {
    Ip("netns del " + sender_);
    Ip("netns del " + receiver_);
  }

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] std::vector<std::string> InSender() const { return {"ip", "netns", "exec", sender_}; }
  [[nodiscard]] std::vector<std::string> InReceiver() const { return {"ip", "netns", "exec", receiver_}; }

 private:
  static bool Ip(const std::string& arguments) { return std::system(("ip " + arguments + " >/dev/null 2>&1").c_str()) == 0; }

  std::string sender_, receiver_;
  bool made_ = false;
};

// The destinations of a capture, in the order of their appearance.
inline std::vector<UdpAddress> DestinationsOf(const std::string& file) {
  std::vector<UdpAddress> out;
  const PacketsInMemory packets(file);
  for (const PacketView& packet : packets.packets()) {
    const Frame frame = ParseFrame(packet);
    const UdpAddress address{frame.destination, frame.destination_port};
    if (frame.status == FrameStatus::kUdp && std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  return out;
}

class LiveTest : public ReplayProgramTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "not root: network namespaces cannot be made";
    namespaces_ = std::make_unique<NamespacePair>();
    if (!namespaces_->made()) GTEST_SKIP() << "the system makes no network namespaces with a veth pair in them";
  }
  void TearDown() override {
    namespaces_.reset();
    ReplayProgramTest::TearDown();
  }

  // A configuration that listens for everything in `session` through the port that `port` describes.
  std::string Config(const std::string& session, const std::string& port, const std::string& more = "") {
    std::string list;
    for (const UdpAddress& address : DestinationsOf(session)) list += (list.empty() ? "\"" : ", \"") + ToText(address) + "\"";
    const std::string path = File("run.toml");
    std::ofstream(path) << "[run]\nstreams = 3\nidle_ms = 20000\n" << more << "[[port]]\n" << port << "line_a = [" << list << "]\n";
    return path;
  }

  // `run` in its namespace, once it is ready; null where it ended before, and `outcome` says how.
  std::unique_ptr<ChildProcess> StartRun(const std::string& config, const std::string& out, const std::vector<std::string>& more,
                                         Outcome* outcome) {
    std::vector<std::string> arguments = ReplayOf("", out, more);
    arguments[0] = "run";
    arguments.insert(arguments.end(), {"--config", config, "--engine", "cpu"});
    auto run = std::make_unique<ChildProcess>(arguments, folder_, namespaces_->InReceiver());
    const bool ready = WaitUntil([&] { return run->err().find("ready, tape") != std::string::npos || run->ended(); });
    if (ready && !run->ended()) return run;
    *outcome = run->Wait();
    return nullptr;
  }

  Outcome Send(const std::string& session, const std::string& to, const std::string& speed = "0.3") {
    return ChildProcess({"replay", session, "--to", to, "--speed", speed, "--json"}, folder_, namespaces_->InSender()).Wait();
  }

  std::unique_ptr<NamespacePair> namespaces_;
};

}  // namespace tickgraph
