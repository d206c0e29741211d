// The equity market of a generated session: symbols with a fair price each, quoted on two venues, written as ITCH messages.
//
// In the flow: the session calls Act for every message or sweep; books live in generator_book.h, packets in generator_feeds.h.
// Thread rule: one owner. Invariants, planted mispricings apart: bids stand at `fair - half_width` or below and offers at
// `fair + 1 + half_width` or above on both venues, so no book is locked or crossed, nor are two; before a best price improves on one venue,
// what the other has to say of that symbol is on the wire, so no packet ends in a state that looks crossed. Nothing happens near the
// touch of a frozen symbol.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "replay/generator_book.h"
#include "replay/generator_feeds.h"
#include "replay/generator_random.h"

namespace tickgraph {

inline constexpr int kGeneratorVenues = 2;
inline constexpr PriceNanos kTickNanos = 10'000'000;  // one cent

struct MarketSymbol {
  MarketSymbol(std::string_view symbol, int32_t price_cents, int32_t half_width_ticks, double share, uint32_t book_capacity)
      : name(Symbol::From(symbol)),
        base_cents(price_cents - GeneratorBook::kWindowTicks / 2),
        half_width(half_width_ticks),
        weight(share),
        books{GeneratorBook(book_capacity), GeneratorBook(book_capacity)} {}

  [[nodiscard]] PriceNanos Price(int32_t tick) const { return (base_cents + tick) * kTickNanos; }
  // Where bids end and offers begin.
  [[nodiscard]] int32_t Touch(Side side) const { return side == Side::kBuy ? fair - half_width : fair + 1 + half_width; }
  // Middle of the fair quote, in units of the currency.
  [[nodiscard]] double FairPrice() const { return (static_cast<double>(base_cents + fair) + 0.5) / 100.0; }

  Symbol name;
  int32_t base_cents;
  int32_t half_width;
  int32_t fair = GeneratorBook::kWindowTicks / 2;
  double weight;        // of the venues' messages
  bool frozen = false;  // a planted mispricing stands on it
  std::array<uint32_t, kGeneratorVenues> locate{};
  std::array<GeneratorBook, kGeneratorVenues> books;
  std::array<uint64_t, kGeneratorVenues>
      pending_epoch{};  // the venue's epoch when the symbol was last written to its pending packet, plus 1
};

class EquityMarket {
 public:
  EquityMarket(std::array<MoldFeed*, kGeneratorVenues> feeds, uint64_t seed, uint32_t symbol_count, uint32_t live_orders);

  // S O, the directory, trading and short-sale states, S S; then S Q, the opening crosses and a first ladder of orders.
  void Announce();
  void Open();
  // Closing crosses and S M; then S E, S C. `Closing` is how many messages that takes.
  void Close();
  [[nodiscard]] uint64_t ClosingMessages() const { return kGeneratorVenues * (symbols_.size() + 3); }

  // A symbol by weight; one that is not frozen, unless all are.
  uint32_t PickSymbol();
  // One thing happens to a symbol on one of the venues: usually one message.
  void Act(uint32_t symbol);
  // Whether the symbol's fair price should move now, and where to.
  int DrawMove(uint32_t symbol);
  // Every offer (bid) in the way is taken or withdrawn on both venues, then the fair price moves a tick, and quotes follow.
  void MoveFair(uint32_t symbol, int direction);

  // For planted mispricings: orders at exact prices, returned by handle.
  uint32_t AddAt(uint32_t symbol, int venue, Side side, int32_t tick, uint32_t shares);
  // Takes away every order of `side` at `tick` or better.
  void ClearThrough(uint32_t symbol, int venue, Side side, int32_t tick);
  void Withdraw(uint32_t symbol, int venue, uint32_t handle);

  [[nodiscard]] uint32_t symbol_count() const { return static_cast<uint32_t>(symbols_.size()); }
  MarketSymbol& symbol(uint32_t i) { return symbols_[i]; }
  [[nodiscard]] const MarketSymbol& symbol(uint32_t i) const { return symbols_[i]; }

 private:
  enum class Action : uint8_t { kAdd, kDelete, kReplace, kExecute, kReduce, kHiddenTrade };
  Action DrawAction(const GeneratorBook& book);
  void Add(uint32_t symbol, int venue);
  void AddOrderAt(uint32_t symbol, int venue, Side side, int32_t tick, uint32_t shares, bool attributed);
  void Delete(uint32_t symbol, int venue);
  void Replace(uint32_t symbol, int venue, uint32_t handle, int32_t tick);
  void Execute(uint32_t symbol, int venue, uint32_t handle, uint32_t shares, bool with_price);
  void Trade(uint32_t symbol, int venue);
  void Reduce(uint32_t symbol, int venue);
  void HiddenTrade(uint32_t symbol, int venue);
  void Cross(uint32_t symbol, int venue, char type);
  void Imbalance(uint32_t symbol, int venue);
  void System(char code);

  EventHeader Header(uint32_t symbol, int venue) const;
  // Marks the symbol as written on this venue; first flushes the other where `improves` and it holds news of the symbol.
  void Touching(uint32_t symbol, int venue, bool improves);
  int32_t DrawTick(const MarketSymbol& s, int venue, Side side);
  uint32_t DrawShares();
  uint32_t PickOrder(const GeneratorBook& book);

  std::array<MoldFeed*, kGeneratorVenues> feeds_;
  GeneratorRandom random_;
  std::vector<MarketSymbol> symbols_;
  std::vector<double> cumulative_weight_;
  uint32_t live_target_;
  std::array<uint64_t, kGeneratorVenues> next_ref_{};
  std::array<uint64_t, kGeneratorVenues> next_match_{};
};

}  // namespace tickgraph
