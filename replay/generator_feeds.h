// The feeds of a generated session: messages in, numbered packets out. One class for MoldUDP64 with ITCH, one for OPRA blocks.
//
// In the flow: the equity market and the option chains send messages here; packets go to the lines when they are full, when the batching
// time is over, or when the session says so. Thread rule: one owner. Invariants: numbers have no holes; a message's time is the
// session's, never later than its packet's stamp; heartbeats and ends are never lost.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "hot/event.h"
#include "net/proto/itch_encode.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra_encode.h"
#include "replay/generator_lines.h"

namespace tickgraph {

inline constexpr uint64_t kHeartbeatIntervalNs = 1'000'000'000;
// A venue that sends many messages at once puts them in one packet; none waits longer than this.
inline constexpr uint64_t kBatchingNs = 6'000;

// What every feed counts and keeps.
struct FeedState {
  uint64_t next_sequence = 1;  // number of the next message
  uint64_t message_count = 0;
  uint64_t last_sent_ns = 0;
  uint64_t pending_since_ns = 0;  // meaningful while messages wait
  uint64_t epoch = 0;             // packets of data sent
  std::array<uint64_t, 128> by_type{};
};

class MoldFeed {
 public:
  // `now_ns` is the session's clock, read when a message is sent.
  MoldFeed(GeneratorLines& lines, const FeedAddress& address, std::string session, uint64_t midnight_ns, const uint64_t& now_ns)
      : lines_(lines), address_(address), session_(std::move(session)), midnight_ns_(midnight_ns), now_ns_(now_ns) {}
  MoldFeed(const MoldFeed&) = delete;
  MoldFeed& operator=(const MoldFeed&) = delete;

  template <class Event>
  void Send(Event event) {
    event.header.ts_event_ns = now_ns_;
    uint8_t message[kItchMaxMessageBytes];
    Append(message, EncodeItch(event, midnight_ns_, message));
  }
  void Flush();
  void Heartbeat();
  void End();

  [[nodiscard]] bool pending() const { return pending_; }
  [[nodiscard]] const FeedState& state() const { return state_; }
  [[nodiscard]] const std::string& session() const { return session_; }

 private:
  static constexpr uint32_t kMaxPayloadBytes = 1400;
  void Append(const uint8_t* message, uint32_t size);
  void SendEmpty(bool end);

  GeneratorLines& lines_;
  FeedAddress address_;
  std::string session_;
  uint64_t midnight_ns_;
  const uint64_t& now_ns_;
  FeedState state_;
  std::array<uint8_t, kMaxPayloadBytes> buffer_{};
  MoldPacketBuilder builder_{buffer_.data(), kMaxPayloadBytes};
  bool pending_ = false;
};

class OpraFeed {
 public:
  OpraFeed(GeneratorLines& lines, const FeedAddress& address, const uint64_t& now_ns) : lines_(lines), address_(address), now_ns_(now_ns) {}
  OpraFeed(const OpraFeed&) = delete;
  OpraFeed& operator=(const OpraFeed&) = delete;

  // `long_form`: category k even where q would do.
  void Send(const OptionQuote& quote, bool long_form);
  void Send(const OptionTrade& trade);
  void Flush();
  void StartOfDay();
  // Line integrity: OPRA's heartbeat.
  void Heartbeat();
  // End of day, then three line integrities.
  void End();

  [[nodiscard]] bool pending() const { return pending_; }
  [[nodiscard]] const FeedState& state() const { return state_; }

 private:
  void BeginIfEmpty();
  void Count(char category);
  void SendControl(char type);

  GeneratorLines& lines_;
  FeedAddress address_;
  const uint64_t& now_ns_;
  FeedState state_;
  std::array<uint8_t, kOpraMaxBlockBytes> buffer_{};
  OpraBlockBuilder builder_{buffer_.data()};
  bool pending_ = false;
};

}  // namespace tickgraph
