// A generated session of any length as a stream of packets: the generator writes its capture into a pipe, and a feeder reads it there.
//
// Two threads, neither of them the hot one; nothing is kept on disk. A port takes each packet through Offer until it says yes.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "net/io/file/capture_reader.h"
#include "net/io/file/pcap_writer.h"
#include "replay/generator.h"
#include "tests/tools/session_files.h"

namespace tickgraph {

class SessionStream {
 public:
  explicit SessionStream(const GeneratorOptions& options) : options_(options) {
    const std::string pipe = folder_.File("session.pcap") + ".partial";  // where the writer puts its bytes before the final name
    if (mkfifo(pipe.c_str(), 0600) != 0) throw std::runtime_error(pipe + ": " + std::strerror(errno));
    pipe_ = pipe;
  }

  // Plays the session: `offer(packet)` returns false while the port is full. Returns when every packet was taken.
  template <class Offer>
  void Feed(Offer offer) {
    std::thread generator([this] { Generate(); });
    std::string error;
    const auto reader = CaptureReader::Open(pipe_, &error);
    if (reader == nullptr) throw std::runtime_error(error);
    std::vector<PacketView> burst(32);
    for (uint32_t n; (n = reader->ReadBurst(burst.data(), 32)) > 0;) {
      for (uint32_t i = 0; i < n; ++i)
        while (!offer(burst[i])) std::this_thread::yield();
      packets_.fetch_add(n, std::memory_order_release);
    }
    generator.join();
    ended_.store(true, std::memory_order_release);
  }

  // From any thread: all packets have been taken, `packets()` of them.
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  [[nodiscard]] uint64_t packets() const { return packets_.load(std::memory_order_acquire); }
  // Once Feed has returned.
  [[nodiscard]] const GeneratedSession& session() const { return session_; }

 private:
  void Generate() {
    std::string error;
    const auto writer = PcapWriter::Create(folder_.File("session.pcap"), false, &error);
    if (writer == nullptr) throw std::runtime_error(error);
    session_ = GenerateSession(options_, *writer);
    writer->Close(&error);  // flushes; a pipe cannot be synced or renamed into place
  }

  const TemporaryFolder folder_;
  std::string pipe_;
  GeneratorOptions options_;
  GeneratedSession session_;
  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> packets_{0};
};

}  // namespace tickgraph
