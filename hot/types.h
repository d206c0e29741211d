// Domain vocabulary of the hot path: fixed-width identifiers, prices and quantities.
//
// Every room includes this header. It holds no state and no functions that can fail.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace tickgraph {

// 1e-9 of the currency, one scale for all venues. Wire prices are converted once, in the decoder.
using PriceNanos = int64_t;
inline constexpr PriceNanos kNanosPerUnit = 1'000'000'000;
inline constexpr PriceNanos kNoPrice = std::numeric_limits<int64_t>::min();

// In the instrument's lots (1 share, 1 contract, 1e-8 coin).
using Quantity = int64_t;

// The venue's own order number, unique within a venue and day.
using OrderRef = uint64_t;
// Our order number (OUCH's UserRefNum): day-unique, strictly increasing from 1.
using OrderToken = uint32_t;

// Dense index into the InstrumentTable, in order of discovery.
using InstrumentIndex = uint32_t;
inline constexpr InstrumentIndex kNoInstrument = 0xFFFFFFFFu;
// Dense index of a product (equity symbol; underlying of options), shared by all venues.
using ProductIndex = uint32_t;
inline constexpr ProductIndex kNoProduct = 0xFFFFFFFFu;
// Dense index of a stream of numbered messages (a MoldUDP64 session, an OPRA line pair), in order of discovery.
using VenueIndex = uint8_t;
inline constexpr uint32_t kMaxVenues = 16;

enum class Side : uint8_t { kBuy = 0, kSell = 1 };
constexpr Side Opposite(Side side) { return side == Side::kBuy ? Side::kSell : Side::kBuy; }

enum class Line : uint8_t { kA = 0, kB = 1 };

// What a stream speaks: how its message types are named and which day is its own.
enum class FeedProtocol : uint8_t { kItch = 0, kOpra, kIex, kCme, kDbn, kJson, kLobster };

// What may be believed of a book. A strategy acts on kLive alone.
enum class BookState : uint8_t {
  kLive = 0,
  kGapped = 1,      // messages of its stream are missing
  kRecovering = 2,  // they were asked for again
  kStale = 3,       // its stream has been silent for longer than allowed
  kUpdating = 4,    // between the first and the last message of one event of its venue
};

// Trading state that a venue announced (ITCH 'H').
enum class TradingState : uint8_t { kTrading = 0, kHalted = 1, kPaused = 2, kQuoteOnly = 3 };

// A short text of fixed size, space- or NUL-padded on the wire, NUL-padded here.
template <size_t N>
struct FixedText {
  std::array<char, N> chars{};

  static FixedText FromPadded(const void* text, size_t size) {
    FixedText out;
    const char* p = static_cast<const char*>(text);
    while (size > 0 && (p[size - 1] == ' ' || p[size - 1] == '\0')) --size;
    if (size > 0) std::memcpy(out.chars.data(), p, size < N ? size : N);
    return out;
  }
  static FixedText From(std::string_view text) { return FromPadded(text.data(), text.size()); }
  [[nodiscard]] std::string_view view() const {
    size_t n = 0;
    while (n < N && chars[n] != '\0') ++n;
    return {chars.data(), n};
  }
  friend bool operator==(const FixedText&, const FixedText&) = default;
};
using Symbol = FixedText<8>;
using InstrumentName = FixedText<32>;  // a contract, a crypto product; longer names are cut
using VenueName = FixedText<16>;

}  // namespace tickgraph
