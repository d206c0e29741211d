// Walking and decoding ITCH 5.0, and the whole front of the loop: synthetic messages in a real day's proportions, from the encoder.
#include <array>
#include <bit>
#include <memory>
#include <random>
#include <vector>

#include "bench/bench_common.h"
#include "net/proto/feed_handler.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMidnightNs = 1'577'682'000'000'000'000;

// Reads every field: of records where they come, of events otherwise.
struct ConsumingHandler {
  uint64_t sum = 0;
  std::array<uint32_t, 256> by_type{};

  static uint64_t Word(const Symbol& symbol) {
    uint64_t word;
    std::memcpy(&word, symbol.chars.data(), 8);
    return word;
  }
  void Header(const EventHeader& h) {
    sum += h.ts_event_ns + h.locate + h.feed_sequence;
    ++by_type[static_cast<uint8_t>(h.type)];
  }
  void On(const EventHeader& base, const OrderMessage& m) {
    ++by_type[static_cast<uint8_t>(m.type)];
    // No long chain of additions from one message to the next: that would be timed, not the decoder.
    sum ^= m.ts_event_ns + m.locate + base.feed_sequence + m.order_ref + m.second + static_cast<uint64_t>(m.price_nanos + m.quantity) +
           Word(m.symbol) + static_cast<uint64_t>(m.side) + std::bit_cast<uint32_t>(m.attribution) + m.printable;
  }
  void On(const AddOrder& e) { On(e.header, ToMessage(e)); }
  void On(const ExecuteOrder& e) { On(e.header, ToMessage(e)); }
  void On(const ReduceOrder& e) { On(e.header, ToMessage(e)); }
  void On(const DeleteOrder& e) { On(e.header, ToMessage(e)); }
  void On(const ReplaceOrder& e) { On(e.header, ToMessage(e)); }
  void On(const Trade& e) {
    Header(e.header);
    sum += Word(e.symbol) + static_cast<uint64_t>(e.price_nanos + e.quantity) + e.match_number + static_cast<uint8_t>(e.cross_type);
  }
  void On(const Notice& e) {
    Header(e.header);
    sum += Word(e.symbol) + static_cast<uint64_t>(e.price_nanos + e.price_2_nanos + e.price_3_nanos + e.quantity + e.quantity_2);
  }
  template <class Event>
  void On(const Event& e) {
    Header(e.header);
  }
  void OnStream(VenueIndex, const VenueName&, FeedProtocol, uint32_t) {}
  void OnStreamActivity(VenueIndex) {}
  void OnStreamState(VenueIndex, BookState) {}
  void OnGap(VenueIndex, uint64_t, uint64_t) {}
  void OnStreamEnd(VenueIndex) {}
  void OnMessageEnd(VenueIndex, uint64_t, uint64_t) {}
  void OnBookState(VenueIndex, uint32_t, BookState) {}
  void OnBookUpdating(VenueIndex, uint32_t, bool) {}
  void OnBookGap(VenueIndex, uint32_t, uint64_t, uint64_t) {}
  [[nodiscard]] const ConsumingHandler& out() const { return *this; }
};

// The same for a handler that takes events alone.
class ConsumingEvents {
 public:
  template <class Event>
  void On(const Event& e) {
    out_.On(e);
  }
  [[nodiscard]] const ConsumingHandler& out() const { return out_; }

 private:
  ConsumingHandler out_;
};

// Messages with their length before them, and what a handler has seen of the events they were made of.
class ItchStream {
 public:
  static constexpr uint32_t kMessages = 1 << 16;

  ItchStream() {
    // In thousandths of NASDAQ's 2019-12-30.
    constexpr std::pair<char, uint32_t> kShares[] = {{'A', 438}, {'D', 421}, {'U', 77}, {'E', 21}, {'X', 13},
                                                     {'I', 11},  {'F', 9},   {'P', 7},  {'C', 3}};
    for (uint32_t i = 0; i < kMessages; ++i) {
      uint32_t at = Below(1000);
      char type = 'A';
      for (const auto& [letter, share] : kShares) {
        type = letter;
        if (at < share) break;
        at -= share;
      }
      Make(type);
    }
  }

  std::vector<uint8_t> bytes;
  ConsumingHandler reference;

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>((random_() >> 32) * n >> 32); }
  PriceNanos Price() { return PriceNanos{10'000 + Below(3'000'000)} * 100'000; }
  Quantity Shares() { return 100 * (1 + Below(9)); }

  template <class Event>
  void Emit(const Event& event) {
    uint8_t message[kItchMaxMessageBytes];
    const uint32_t size = EncodeItch(event, kMidnightNs, message);
    bytes.push_back(0);
    bytes.push_back(static_cast<uint8_t>(size));
    bytes.insert(bytes.end(), message, message + size);
    reference.On(event);
  }

  void Make(char type) {
    EventHeader header;
    header.type = type;
    header.locate = 1 + Below(8000);
    header.ts_event_ns = kMidnightNs + 34'200'000'000'000 + random_() % 23'400'000'000'000;
    const OrderRef ref = random_() >> 30;
    const Symbol symbol = Symbol::From(std::array{"AAPL", "MSFT", "QQQ", "GOOGL", "T"}[Below(5)]);
    switch (type) {
      case 'D':
        return Emit(DeleteOrder{header, ref});
      case 'U':
        return Emit(ReplaceOrder{header, ref, ref + 1, Price(), Shares()});
      case 'E':
        return Emit(ExecuteOrder{header, ref, Shares(), ref + 2, kNoPrice, true});
      case 'C':
        return Emit(ExecuteOrder{header, ref, Shares(), ref + 2, Price(), false});
      case 'X':
        return Emit(ReduceOrder{header, ref, Shares()});
      case 'P':
        return Emit(Trade{header, symbol, Price(), Shares(), ref, Side::kBuy, 0});
      case 'I':
        return Emit(Notice{header, symbol, Price(), Price(), Price(), Shares(), Shares(), 0, FixedText<8>::From("BO1")});
      default:
        break;
    }
    AddOrder add{header, symbol, ref, Price(), Shares(), Below(2) == 0 ? Side::kBuy : Side::kSell, {}};
    if (type == 'F') add.attribution = FixedText<4>::From("MPID");
    Emit(add);
  }

  std::mt19937_64 random_{20191230};
};

const ItchStream& Stream() {
  static const ItchStream stream;
  return stream;
}

void WalkItchFrames(benchmark::State& state) {
  const ItchStream& stream = Stream();
  std::array<uint32_t, 256> counts{};
  const auto walk = [&] {
    counts.fill(0);
    return WalkItch(stream.bytes.data(), stream.bytes.size(), [&](const uint8_t* message, uint32_t) { ++counts[message[0]]; });
  };
  if (walk().messages != ItchStream::kMessages || counts != stream.reference.by_type)
    return state.SkipWithError("types differ from those encoded");
  AllocationScope allocations;
  for (auto _ : state) {
    benchmark::DoNotOptimize(walk());
    benchmark::DoNotOptimize(counts);
  }
  ReportItems(state, ItchStream::kMessages, allocations.count(), static_cast<int64_t>(stream.bytes.size()));
}
BENCHMARK(WalkItchFrames)->Name("walk/itch");

template <class Handler>
void DecodeItchMessages(benchmark::State& state) {
  const ItchStream& stream = Stream();
  Handler handler;
  const EventHeader base;
  const auto decode = [&] {
    WalkItch(stream.bytes.data(), stream.bytes.size(),
             [&](const uint8_t* message, uint32_t size) { (void)DecodeItch(message, size, base, kMidnightNs, handler); });
  };
  decode();
  if (handler.out().sum != stream.reference.sum || handler.out().by_type != stream.reference.by_type)
    return state.SkipWithError("decoded fields differ from those encoded");
  AllocationScope allocations;
  for (auto _ : state) {
    decode();
    benchmark::DoNotOptimize(handler);
  }
  ReportItems(state, ItchStream::kMessages, allocations.count(), static_cast<int64_t>(stream.bytes.size()));
}
BENCHMARK(DecodeItchMessages<ConsumingHandler>)->Name("decode/itch");
BENCHMARK(DecodeItchMessages<ConsumingEvents>)->Name("decode/itch_events");

// Frames of a few messages on lines A and B: network headers with checksums, MoldUDP64, arbitration, decoding. An item is a message.
void FeedPackets(benchmark::State& state) {
  const ItchStream& stream = Stream();
  std::vector<std::vector<uint8_t>> frames;
  uint64_t number = 1;
  for (size_t at = 0; at < stream.bytes.size();) {
    std::vector<uint8_t> frame(kUdpFrameHeaderBytes + 1400);
    MoldPacketBuilder builder(frame.data() + kUdpFrameHeaderBytes, 1400);
    builder.Begin("BENCH", number);
    for (uint32_t i = 0; i < 5 && at < stream.bytes.size(); ++i, ++number) {
      const uint32_t size = stream.bytes[at + 1];
      (void)builder.Add(&stream.bytes[at + 2], size);
      at += 2 + size;
    }
    frame.resize(kUdpFrameHeaderBytes + builder.Finish());
    for (const uint32_t group : {0xE9010101u, 0xE9010201u}) {
      EncodeUdpFrame({0x0A000001, group, 40000, 20000}, static_cast<uint32_t>(frame.size()) - kUdpFrameHeaderBytes, frame.data());
      frames.push_back(frame);
    }
  }
  ConsumingHandler handler;
  FeedConfig config;
  config.date = 20191230;
  config.reorder_slots = config.reorder_slots_per_stream = 16;
  using Feed = FeedHandler<ConsumingHandler>;
  const auto feed_all = [&](Feed& feed) {
    PacketView view;
    view.ts_recv_ns = kMidnightNs;
    for (const auto& frame : frames) {
      view.data = frame.data();
      view.size = view.original_size = static_cast<uint32_t>(frame.size());
      view.ts_recv_ns += 1000;
      feed.OnPacket(view, handler);
    }
    return feed.counters();
  };
  const FeedCounters counters = feed_all(*std::make_unique<Feed>(config));
  const bool right = counters.messages == ItchStream::kMessages && counters.duplicates == ItchStream::kMessages &&
                     counters.bad_messages == 0 && handler.by_type == stream.reference.by_type;
  if (!right) return state.SkipWithError("messages differ from those encoded");
  uint64_t allocated = 0;
  for (auto _ : state) {
    state.PauseTiming();
    {
      const auto feed = std::make_unique<Feed>(config);
      AllocationScope allocations;
      state.ResumeTiming();
      benchmark::DoNotOptimize(feed_all(*feed));
      state.PauseTiming();
      allocated += allocations.count();
    }
    state.ResumeTiming();
  }
  ReportItems(state, ItchStream::kMessages, allocated);
}
BENCHMARK(FeedPackets)->Name("feed/packets");

}  // namespace
}  // namespace tickgraph
