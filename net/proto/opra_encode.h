// OPRA binary recipient 6.2: events out as blocks, through the same registry that the decoder reads.
//
// In the flow: the session generator and the tests. A builder fills a caller's buffer of kOpraMaxBlockBytes with one block; what does not
// fit is refused and belongs in the next. No other state.
#pragma once

#include <algorithm>
#include <string_view>

#include "hot/event.h"
#include "net/proto/opra_messages.h"

namespace tickgraph {

namespace opra_internal {

// The finest of the letters B to G (cents to 1e-7) that a price needs, or 0 where it needs more or does not fit in 32 bits.
constexpr uint8_t DenominatorFor(PriceNanos nanos) {
  for (char letter = 'B'; letter <= 'G'; ++letter) {
    const PriceNanos unit = kOpraDenominators[static_cast<uint8_t>(letter)];
    if (nanos % unit == 0) return nanos / unit <= INT32_MAX ? static_cast<uint8_t>(letter) : 0;
  }
  return 0;
}

constexpr PriceNanos PriceOrZero(const OptionSide& side) { return side.price_nanos == kNoPrice ? 0 : side.price_nanos; }
constexpr bool SameSide(const OptionSide& a, const OptionSide& b) {
  return a.price_nanos == b.price_nanos && a.quantity == b.quantity && a.participant == b.participant;
}

// 0 no change, 1 in the quote, 2 none, 3 by appendage.
constexpr int BestCode(BestChange change, const OptionSide& best, const OptionSide& own) {
  if (change == BestChange::kNoChange) return 0;
  if (change == BestChange::kNone) return 2;
  return SameSide(best, own) ? 1 : 3;
}

constexpr char IndicatorOf(int bid_code, int ask_code) {
  constexpr int kAskColumns[] = {0, 1, 3, 2};
  return static_cast<char>('A' + 4 * bid_code + kAskColumns[ask_code]);
}

inline void PutExpiration(uint8_t* p, const OptionKey& key) {
  const uint32_t month = key.expiration / 100 % 100 - 1;
  p[0] = static_cast<uint8_t>('A' + month + (key.right == OptionRight::kPut ? 12 : 0));
  p[1] = static_cast<uint8_t>(key.expiration % 100);
  p[2] = static_cast<uint8_t>(key.expiration / 10000 - 2000);
}

// Symbol, reserved byte, expiration and strike: the same in a d f k. The strike's letter is the shortest of I, A, B … G that holds it.
inline bool PutKey(uint8_t* m, const OptionKey& key) {
  StorePadded(m + OpraOffset<'k', "Symbol">(), 5, key.root);
  m[OpraOffset<'k', "Reserved">()] = 0;
  PutExpiration(m + OpraOffset<'k', "Expiration">(), key);
  for (const char letter : {'I', 'A', 'B', 'C', 'D', 'E'}) {
    const PriceNanos unit = kOpraDenominators[static_cast<uint8_t>(letter)];
    if (key.strike_nanos % unit != 0 || key.strike_nanos / unit > INT32_MAX) continue;
    OpraPut<'k', "StrikeDenom">(m, static_cast<uint8_t>(letter));
    OpraPut<'k', "Strike">(m, static_cast<uint64_t>(key.strike_nanos / unit));
    return true;
  }
  return false;
}

}  // namespace opra_internal

// Whether a quote fits the short form: a root of four letters, a strike in tenths, cents, all in 16 bits.
constexpr bool FitsShortQuote(const OptionQuote& quote) {
  const PriceNanos bid = opra_internal::PriceOrZero(quote.bid), ask = opra_internal::PriceOrZero(quote.ask);
  constexpr PriceNanos kTenth = 100'000'000, kCent = 10'000'000;
  return quote.key.root.chars[4] == '\0' && quote.key.strike_nanos % kTenth == 0 && quote.key.strike_nanos / kTenth <= 0xFFFF &&
         bid % kCent == 0 && ask % kCent == 0 && bid / kCent <= 0xFFFF && ask / kCent <= 0xFFFF && quote.bid.quantity <= 0xFFFF &&
         quote.ask.quantity <= 0xFFFF;
}

class OpraBlockBuilder {
 public:
  // `buffer` holds kOpraMaxBlockBytes.
  explicit OpraBlockBuilder(uint8_t* buffer) : buffer_(buffer) {}

  void Begin(uint32_t sequence, uint64_t ts_ns, bool retransmitted = false) {
    PutField<kOpraFraming, 'B', "Version">(buffer_, 6);
    PutField<kOpraFraming, 'B', "DataFeed">(buffer_, 'O');
    PutField<kOpraFraming, 'B', "Retransmission">(buffer_, retransmitted ? 'V' : ' ');
    PutField<kOpraFraming, 'B', "Session">(buffer_, 0);
    PutField<kOpraFraming, 'B', "BlockSequence">(buffer_, sequence);
    PutField<kOpraFraming, 'B', "Seconds">(buffer_, ts_ns / 1'000'000'000);
    PutField<kOpraFraming, 'B', "Nanos">(buffer_, ts_ns % 1'000'000'000);
    size_ = kOpraBlockHeaderBytes;
    count_ = 0;
  }

  // Each Add returns false, and adds nothing, when the block is full or the event cannot be written.
  // A quote: the short form where it fits, its bests as indicator and appendages.
  [[nodiscard]] bool Add(const OptionQuote& quote) { return FitsShortQuote(quote) ? AddQuote<'q'>(quote) : AddQuote<'k'>(quote); }
  [[nodiscard]] bool AddLong(const OptionQuote& quote) { return AddQuote<'k'>(quote); }

  [[nodiscard]] bool Add(const OptionTrade& trade) {
    uint8_t* m = Reserve(MessageOf<kOpraRegistry, 'a'>().length);
    const uint8_t denominator = opra_internal::DenominatorFor(trade.price_nanos);
    if (m == nullptr || denominator == 0 || !opra_internal::PutKey(m, trade.key)) return false;
    PutHeader(m, trade.participant, 'a', trade.condition, ' ');
    OpraPut<'a', "Volume">(m, static_cast<uint64_t>(trade.quantity));
    OpraPut<'a', "PremiumDenom">(m, denominator);
    OpraPut<'a', "Premium">(m, static_cast<uint64_t>(trade.price_nanos / kOpraDenominators[denominator]));
    OpraPut<'a', "TradeID">(m, 0);
    StoreBe32(m + OpraOffset<'a', "Reserved2">(), 0);
    return Commit(MessageOf<kOpraRegistry, 'a'>().length);
  }

  // A control (C start of day, J end of day, N line integrity, …), alone in its block.
  [[nodiscard]] bool AddControl(char type) {
    uint8_t* m = Reserve(kOpraMessageHeaderBytes);
    if (m == nullptr || count_ != 0) return false;
    PutHeader(m, 'O', 'H', type, ' ');
    return Commit(kOpraMessageHeaderBytes);
  }

  // A text of at most 200 printable characters, alone in its block.
  [[nodiscard]] bool AddAdministrative(std::string_view text) {
    constexpr uint32_t kFixed = MessageOf<kOpraRegistry, 'C'>().length;
    if (count_ != 0 || text.size() > 200) return false;
    const auto bytes = static_cast<uint32_t>(kFixed + text.size());
    uint8_t* m = Reserve(bytes);
    PutHeader(m, 'O', 'C', ' ', ' ');
    OpraPut<'C', "DataLength">(m, text.size());
    std::memcpy(m + kFixed, text.data(), text.size());
    return Commit(bytes);
  }

  // Pads, fills in size, count and checksum, and returns the size.
  uint32_t Finish() {
    if (size_ % 2 != 0) buffer_[size_++] = 0;
    PutField<kOpraFraming, 'B', "BlockSize">(buffer_, size_);
    PutField<kOpraFraming, 'B', "Messages">(buffer_, count_);
    PutField<kOpraFraming, 'B', "Checksum">(buffer_, 0);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < size_; ++i) sum += buffer_[i];
    PutField<kOpraFraming, 'B', "Checksum">(buffer_, sum & 0xFFFF);
    return size_;
  }

  [[nodiscard]] uint8_t count() const { return count_; }

 private:
  // Room for a message and the pad byte, or nullptr.
  uint8_t* Reserve(uint32_t bytes) { return count_ < 255 && size_ + bytes + 1 <= kOpraMaxBlockBytes ? buffer_ + size_ : nullptr; }
  bool Commit(uint32_t bytes) {
    size_ += bytes;
    ++count_;
    return true;
  }

  static void PutHeader(uint8_t* m, char participant, char category, char type, char indicator) {
    m[0] = static_cast<uint8_t>(participant);
    m[1] = static_cast<uint8_t>(category);
    m[2] = static_cast<uint8_t>(type);
    m[3] = static_cast<uint8_t>(indicator);
    StoreBe32(m + 4, 0);
    StoreBe32(m + 8, 0);
  }

  static bool PutAppendage(uint8_t* p, const OptionSide& side) {
    const uint8_t denominator = opra_internal::DenominatorFor(side.price_nanos);
    if (denominator == 0) return false;
    PutField<kOpraFraming, '+', "Participant">(p, static_cast<uint8_t>(side.participant));
    PutField<kOpraFraming, '+', "Denom">(p, denominator);
    PutField<kOpraFraming, '+', "Price">(p, static_cast<uint64_t>(side.price_nanos / kOpraDenominators[denominator]));
    PutField<kOpraFraming, '+', "Size">(p, static_cast<uint64_t>(side.quantity));
    return true;
  }

  static bool PutLongQuote(uint8_t* m, const OptionQuote& quote) {
    const PriceNanos bid = opra_internal::PriceOrZero(quote.bid), ask = opra_internal::PriceOrZero(quote.ask);
    const uint8_t denominator = std::max(opra_internal::DenominatorFor(bid), opra_internal::DenominatorFor(ask));
    const PriceNanos unit = kOpraDenominators[denominator];
    const bool fits =
        opra_internal::DenominatorFor(bid) != 0 && opra_internal::DenominatorFor(ask) != 0 && std::max(bid, ask) / unit <= INT32_MAX;
    if (!fits || !opra_internal::PutKey(m, quote.key)) return false;
    OpraPut<'k', "PremiumDenom">(m, denominator);
    OpraPut<'k', "Bid">(m, static_cast<uint64_t>(bid / unit));
    OpraPut<'k', "BidSize">(m, static_cast<uint64_t>(quote.bid.quantity));
    OpraPut<'k', "Offer">(m, static_cast<uint64_t>(ask / unit));
    OpraPut<'k', "OfferSize">(m, static_cast<uint64_t>(quote.ask.quantity));
    return true;
  }

  static bool PutShortQuote(uint8_t* m, const OptionQuote& quote) {
    if (!FitsShortQuote(quote)) return false;
    StorePadded(m + OpraOffset<'q', "Symbol">(), 4, quote.key.root);
    opra_internal::PutExpiration(m + OpraOffset<'q', "Expiration">(), quote.key);
    OpraPut<'q', "Strike">(m, static_cast<uint64_t>(quote.key.strike_nanos / kOpraDenominators['A']));
    OpraPut<'q', "Bid">(m, static_cast<uint64_t>(opra_internal::PriceOrZero(quote.bid) / kOpraDenominators['B']));
    OpraPut<'q', "BidSize">(m, static_cast<uint64_t>(quote.bid.quantity));
    OpraPut<'q', "Offer">(m, static_cast<uint64_t>(opra_internal::PriceOrZero(quote.ask) / kOpraDenominators['B']));
    OpraPut<'q', "OfferSize">(m, static_cast<uint64_t>(quote.ask.quantity));
    return true;
  }

  template <char kCategory>
  bool AddQuote(const OptionQuote& quote) {
    const int bid_code = opra_internal::BestCode(quote.best_bid_change, quote.best_bid, quote.bid);
    const int ask_code = opra_internal::BestCode(quote.best_ask_change, quote.best_ask, quote.ask);
    constexpr uint32_t kFixed = MessageOf<kOpraRegistry, kCategory>().length;
    const uint32_t bytes = kFixed + kOpraAppendageBytes * ((bid_code == 3 ? 1u : 0u) + (ask_code == 3 ? 1u : 0u));
    uint8_t* m = Reserve(bytes);
    if (m == nullptr || !(kCategory == 'q' ? PutShortQuote(m, quote) : PutLongQuote(m, quote))) return false;
    PutHeader(m, quote.participant, kCategory, quote.condition, opra_internal::IndicatorOf(bid_code, ask_code));
    uint8_t* appendage = m + kFixed;
    if (bid_code == 3) {
      if (!PutAppendage(appendage, quote.best_bid)) return false;
      appendage += kOpraAppendageBytes;
    }
    if (ask_code == 3 && !PutAppendage(appendage, quote.best_ask)) return false;
    return Commit(bytes);
  }

  uint8_t* buffer_;
  uint32_t size_ = 0;
  uint8_t count_ = 0;
};

}  // namespace tickgraph
