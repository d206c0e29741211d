// Counts what a capture of records holds: Databento records, JSON lines of Binance and Coinbase, with each venue's own rule of what must
// follow what, or rows of a LOBSTER message file, held against its orderbook file where there is one.
//
// Flow: CaptureReader -> Add, a record or line at a time -> the counts -> ReportRecords. One thread, offline. Each numbered message counts
// once, whatever order the copies come in.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hot/packet.h"
#include "net/io/file/capture_reader.h"
#include "net/proto/dbn.h"
#include "net/proto/json/capture_line.h"
#include "net/proto/json/json_decoder.h"
#include "tools/inspect_sequences.h"
#include "tools/lobster_orderbook.h"

namespace tickgraph {

constexpr bool IsRecordCapture(CaptureFormat format) { return format == CaptureFormat::kDbn || IsTextCapture(format); }

class RecordInspector {
 public:
  struct Problem {
    uint64_t number = 0;  // 1-based: of the record, or the line
    uint64_t offset = 0;  // in the file as read
    const char* reason = "";
  };

  explicit RecordInspector(const CaptureReader& reader)
      : dbn_(reader.dbn_metadata()), json_(reader.format() == CaptureFormat::kJsonLines ? std::make_unique<JsonDecoder>() : nullptr) {}

  void Add(const PacketView& packet) {
    packet_ = packet;
    if (packet.layer == PacketLayer::kDbnRecord) Record();
    if (packet.layer == PacketLayer::kJsonLine) Line();
    if (packet.layer == PacketLayer::kLobsterRow) Row();
  }

  // Before the first row of a LOBSTER file: what to hold it against. It outlives the inspector.
  void SetOrderbook(LobsterOrderbook* orderbook) { orderbook_ = orderbook; }
  // Null: there is none.
  [[nodiscard]] const LobsterOrderbook* orderbook() const { return orderbook_; }

  uint64_t messages = 0, bad_messages = 0, unknown_messages = 0;
  uint64_t lines = 0, other_lines = 0;  // of text: all, and those that are neither messages nor bad
  uint64_t unknown_objects = 0;         // lines of JSON that no known venue sends, among the bad
  std::map<std::string, std::map<std::string, uint64_t, std::less<>>, std::less<>> by_type;  // by protocol, then by the venue's name
  std::optional<Problem> first_bad;
  std::optional<uint64_t> first_ts_ns, last_ts_ns;
  std::optional<uint64_t> last_bad_line_offset;  // of the last line, where that was bad

  [[nodiscard]] const std::map<std::string, StreamCounts>& streams() const { return streams_; }
  [[nodiscard]] uint64_t duplicates() const {
    uint64_t sum = 0;
    for (const auto& [name, stream] : streams_) sum += stream.duplicates;
    return sum;
  }

 private:
  struct Ignore {
    template <class Event>
    void On(const Event&) {}
  };

  // Takes the decoded events for what their venue numbers.
  struct Sequencer {
    RecordInspector& inspector;
    bool counted = true;
    void On(const JsonBook& book) {
      if (book.header.event == "depthUpdate") counted = inspector.TakeDepth(book);
    }
    void On(const JsonTrade& trade) {
      if (trade.header.venue == JsonVenue::kCoinbaseExchange) counted = inspector.TakeMatch(trade);
    }
    void On(const JsonQuote&) {}
    void On(const JsonTicker&) {}
    void On(const JsonOther& other) {
      if (other.header.venue == JsonVenue::kCoinbaseExchange && other.has_sequence) counted = inspector.TakeFull(other);
    }
  };

  void Record() {
    Ignore ignore;
    const DecodeStatus status = DecodeDbn(packet_.data, packet_.size, {dbn_.version, dbn_.ts_out}, ignore);
    if (status == DecodeStatus::kUnknownType) {
      ++unknown_messages;
      char key[8];
      std::snprintf(key, sizeof(key), "0x%02x", packet_.data[1]);
      Count("dbn", key);
    } else if (status != DecodeStatus::kOk) {
      return Bad(Name(status));
    } else {
      Count("dbn", DbnRecordSchema(packet_.data[1], dbn_.schema));
    }
    if (packet_.ts_recv_ns != 0) Stamp(packet_.ts_recv_ns);
  }

  void Line() {
    ++lines;
    last_bad_line_offset.reset();
    if (packet_.size < packet_.original_size) return BadLine(Name(JsonStatus::kTooLong));
    const CaptureLine line = ParseCaptureLine({reinterpret_cast<const char*>(packet_.data), packet_.size});
    if (line.kind == CaptureLineKind::kBlank || line.kind == CaptureLineKind::kHeader) {
      ++other_lines;
      return;
    }
    if (line.kind == CaptureLineKind::kBad) return BadLine("neither JSON nor a header line of a capture");
    Sequencer sequencer{*this};
    const JsonStatus status = json_->Decode(line.json, line.ts_recv_ns, sequencer);
    // Of answers to requests only a book is a message of the feed.
    const bool book = status == JsonStatus::kMessage && json_->header().event == "snapshot";
    if (status == JsonStatus::kControl || (line.kind == CaptureLineKind::kAnswer && !book)) {
      ++other_lines;
      return;
    }
    if (status != JsonStatus::kMessage) {
      unknown_objects += status == JsonStatus::kUnknownObject ? 1 : 0;
      return BadLine(Name(status));
    }
    const JsonHeader& header = json_->header();
    if (header.venue == JsonVenue::kCoinbaseAdvanced) sequencer.counted = TakeFrame(json_->frame_number());
    if (const uint64_t ts_ns = header.ts_recv_ns != 0 ? header.ts_recv_ns : header.ts_event_ns; ts_ns != 0) Stamp(ts_ns);
    if (sequencer.counted) Count(ProtocolOf(header.venue), header.event);
  }

  void Row() {
    ++lines;
    last_bad_line_offset.reset();
    const std::string_view text(reinterpret_cast<const char*>(packet_.data), packet_.size);
    if (lines == 1 && IsLobsterHeader(text)) {
      ++other_lines;
      return;
    }
    LobsterRow row;
    const LobsterStatus status = packet_.size < packet_.original_size ? LobsterStatus::kTooLong : ParseLobsterRow(text, &row);
    const bool good = status == LobsterStatus::kOk;
    if (orderbook_ != nullptr) (void)orderbook_->Take(good ? &row : nullptr);
    if (!good) return BadLine(Name(status));
    if (packet_.ts_recv_ns != 0) Stamp(packet_.ts_recv_ns);
    Count("lobster", {&row.type, 1});
  }

  static std::string_view ProtocolOf(JsonVenue venue) {
    if (venue == JsonVenue::kCoinbaseExchange || venue == JsonVenue::kCoinbaseAdvanced) return Name(venue);
    return "binance";
  }

  // An event of a future says which update came before it; of spot its own numbers follow on.
  bool TakeDepth(const JsonBook& book) {
    const std::string_view name = book.header.stream.empty() ? book.header.product : book.header.stream;
    const uint64_t from = book.has_previous_id ? std::min(book.previous_id + 1, book.last_id) : book.first_id;
    return Take(Stream(std::string(Name(book.header.venue)), std::string(name)), from, book.last_id + 1);
  }

  // Trades of a product are numbered; last_match says which was the last before the subscription.
  bool TakeMatch(const JsonTrade& trade) {
    const std::string product(trade.header.product);
    if (const auto full = streams_.find(product + " full"); full != streams_.end() && trade.sequence != 0) {
      Take(full->second, trade.sequence, trade.sequence + 1);
    }
    StreamCounts& stream = Stream("coinbase", product + " matches");
    if (trade.header.event != "last_match") return Take(stream, trade.trade_id, trade.trade_id + 1);
    stream.seen.Add(trade.trade_id, trade.trade_id + 1, &added_);
    stream.next = std::max(stream.next, trade.trade_id + 1);
    return true;
  }

  // The full channel numbers all of a product's messages, its matches too.
  bool TakeFull(const JsonOther& other) {
    const std::string_view event = other.header.event;
    if (event != "received" && event != "open" && event != "done" && event != "change" && event != "activate") return true;
    return Take(Stream("coinbase", std::string(other.header.product) + " full"), other.sequence, other.sequence + 1);
  }

  // Frames are numbered over all channels of a connection; 0 opens one.
  bool TakeFrame(uint64_t number) {
    if (number == 0 || connections_ == 0) ++connections_;
    return Take(Stream("coinbase-advanced", "connection " + std::to_string(connections_)), number, number + 1);
  }

  StreamCounts& Stream(std::string protocol, std::string name) {
    StreamCounts& stream = streams_[protocol == "coinbase" ? name : protocol + " " + name];
    if (stream.protocol.empty()) {
      stream.protocol = std::move(protocol);
      stream.name = std::move(name);
    }
    return stream;
  }
  // False where all of [from, end) came before.
  bool Take(StreamCounts& stream, uint64_t from, uint64_t end) {
    stream.seen.Add(from, end, &added_);
    stream.next = std::max(stream.next, end);
    ++(added_.empty() ? stream.duplicates : stream.messages);
    return !added_.empty();
  }

  void Count(std::string_view protocol, std::string_view type) {
    ++messages;
    auto types = by_type.find(protocol);
    if (types == by_type.end()) types = by_type.emplace(protocol, std::map<std::string, uint64_t, std::less<>>{}).first;
    auto found = types->second.find(type);
    if (found == types->second.end()) found = types->second.emplace(type, 0).first;
    ++found->second;
  }
  void Bad(const char* reason) {
    ++bad_messages;
    if (!first_bad.has_value()) first_bad = Problem{packet_.number, packet_.file_offset, reason};
  }
  void BadLine(const char* reason) {
    last_bad_line_offset = packet_.file_offset;
    Bad(reason);
  }
  void Stamp(uint64_t ts_ns) {
    if (!first_ts_ns.has_value() || ts_ns < *first_ts_ns) first_ts_ns = ts_ns;
    if (!last_ts_ns.has_value() || ts_ns > *last_ts_ns) last_ts_ns = ts_ns;
  }

  const DbnMetadata& dbn_;
  std::unique_ptr<JsonDecoder> json_;
  LobsterOrderbook* orderbook_ = nullptr;
  PacketView packet_;
  std::map<std::string, StreamCounts> streams_;
  uint64_t connections_ = 0;
  std::vector<SequenceRange> added_;
};

// Prints what was counted, as a table or one JSON object, and the losses on stderr. The exit code.
int ReportRecords(const CaptureReader& reader, const RecordInspector& inspector, bool json);

}  // namespace tickgraph
