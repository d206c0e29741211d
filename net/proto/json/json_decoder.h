// Binance (spot, USD-M, COIN-M), Coinbase Exchange and Coinbase Advanced Trade: one JSON line in, typed events out.
//
// In the flow: behind ParseCaptureLine or a socket's frame; hands json_events.h structs to a handler. The order of a message's members does
// not matter and unknown ones are skipped. One thread a decoder. Invariants: nothing is allocated after construction; views and levels
// handed out live until the next Decode; a line is either decoded whole or refused with a reason, and then the handler was not called.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "net/proto/json/json_events.h"

namespace tickgraph {

struct JsonDecoderLimits {
  size_t line_bytes = size_t{16} << 20;  // full books of Advanced Trade come as one frame of many MiB
  size_t levels = size_t{1} << 18;
  size_t events = 256;  // books or trades of one frame
};

class JsonDecoder {
 public:
  // Bytes that must be readable behind a line for it to be decoded where it stands.
  static constexpr size_t kPaddingBytes = 64;

  explicit JsonDecoder(const JsonDecoderLimits& limits = {});
  JsonDecoder(const JsonDecoder&) = delete;
  JsonDecoder& operator=(const JsonDecoder&) = delete;
  ~JsonDecoder();

  // `readable` bytes may be read from `json.data()`; where they are fewer than the line and its padding, the line is copied first.
  template <class Handler>
  JsonStatus Decode(std::string_view json, size_t readable, uint64_t ts_recv_ns, Handler& handler) {
    const JsonStatus status = Parse(json, readable, ts_recv_ns);
    if (status != JsonStatus::kMessage) return status;
    for (const JsonBook& book : books_) handler.On(book);
    for (const JsonTrade& trade : trades_) handler.On(trade);
    switch (kind_) {
      case Kind::kQuote:
        handler.On(quote_);
        break;
      case Kind::kTicker:
        handler.On(ticker_);
        break;
      case Kind::kOther:
        handler.On(other_);
        break;
      case Kind::kListed:
        break;
    }
    return status;
  }
  template <class Handler>
  JsonStatus Decode(std::string_view json, uint64_t ts_recv_ns, Handler& handler) {
    return Decode(json, json.size(), ts_recv_ns, handler);
  }

  // Of the line decoded last, where its status is kMessage: its event's name, venue, and the number of its frame (Advanced Trade).
  [[nodiscard]] const JsonHeader& header() const { return header_; }
  [[nodiscard]] uint64_t frame_number() const { return frame_number_; }

 private:
  friend class JsonInterpreter;
  enum class Kind : uint8_t { kListed, kQuote, kTicker, kOther };
  struct Memory;  // simdjson's parser, the padded line, levels and lists: behind a pointer, so that simdjson stays in two files

  JsonStatus Parse(std::string_view json, size_t readable, uint64_t ts_recv_ns);

  std::unique_ptr<Memory> memory_;
  Kind kind_ = Kind::kOther;
  JsonHeader header_;
  uint64_t frame_number_ = 0;
  std::span<const JsonBook> books_;
  std::span<const JsonTrade> trades_;
  JsonQuote quote_;
  JsonTicker ticker_;
  JsonOther other_;
};

}  // namespace tickgraph
