// The option market of a generated session: a chain on each of the first symbols, quoted by several participants, written as OPRA messages.
//
// In the flow: the session calls Background and QuoteNext between equity messages, FairMoved after a move of the underlying; prices come
// from kernels/european.h at the engine's default rate and day count. Thread rule: one owner.
// Invariants, planted mispricings apart: a quote is the theoretical value, half a spread of at least kMinHalfSpreadCents away on either
// side and rounded outward; before an underlying moves, every quote that its last moves made stale by kStaleCents or more is renewed. So a
// parity or box edge stays below zero after fees. The national best is derived as OPRA does: price, then size by ten, then who was first.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "replay/generator_equities.h"

namespace tickgraph {

inline constexpr int kMaxOptionParticipants = 3;
inline constexpr std::string_view kOptionParticipants = "CNX";

struct ChainShape {
  uint32_t underlyings = 4, expirations = 4, strikes = 32;
  int participants = kMaxOptionParticipants;
};

// Cents and contracts; size 0: no quote on that side.
struct ParticipantQuote {
  int32_t bid = 0, ask = 0;
  uint32_t bid_size = 0, ask_size = 0;
};

struct GeneratedContract {
  OptionKey key;
  uint32_t underlying = 0;  // symbol of the equity market
  double volatility = 0, time_years = 0, strike = 0;
  double delta = 0;       // when last quoted
  int32_t quoted_at = 0;  // the underlying's fair tick when last quoted
  bool queued = false, frozen = false;
  std::array<ParticipantQuote, kMaxOptionParticipants> quotes{};
  OptionSide best_bid, best_ask;
};

class OptionMarket {
 public:
  static constexpr int32_t kMinHalfSpreadCents = 5;
  static constexpr double kStaleCents = 2;

  OptionMarket(OpraFeed& feed, EquityMarket& equities, uint64_t seed, const ChainShape& shape, uint32_t session_date);

  // Puts every contract in the queue of those to be quoted.
  void QueueAll();
  [[nodiscard]] bool backlog() const { return backlog_ > 0; }
  // Every participant renews its quote of the next contract in the queue.
  void QuoteNext();
  // The same for all that wait on one underlying: called before its fair price moves.
  void Drain(uint32_t symbol);
  // Queues what the underlying's moves have made stale.
  void FairMoved(uint32_t symbol);
  // A quote renewed, a size changed, now and then a trade.
  void Background();

  [[nodiscard]] bool HasChain(uint32_t symbol) const { return symbol < shape_.underlyings; }
  [[nodiscard]] const ChainShape& shape() const { return shape_; }
  [[nodiscard]] uint32_t IndexOf(uint32_t underlying, uint32_t expiration, uint32_t strike, OptionRight right) const {
    return ((underlying * shape_.expirations + expiration) * shape_.strikes + strike) * 2 + static_cast<uint32_t>(right);
  }
  GeneratedContract& contract(uint32_t index) { return contracts_[index]; }
  [[nodiscard]] double Theoretical(uint32_t index) const;
  // Half the spread around a theoretical value, in cents.
  [[nodiscard]] static double HalfSpreadCents(double theoretical);

  // For planted mispricings: every participant posts the same quote; Refresh puts the contract back to its value.
  void PostAll(uint32_t index, const ParticipantQuote& quote);
  void Refresh(uint32_t index);

 private:
  void BuildChain(uint32_t underlying, uint32_t session_date);
  void Post(uint32_t index, int participant, const ParticipantQuote& quote);
  // True when the best changed.
  bool UpdateBest(GeneratedContract& contract, Side side);
  ParticipantQuote DrawQuote(double theoretical, int participant);
  void Trade(uint32_t index);
  void QuoteFrontOf(uint32_t underlying);

  OpraFeed& feed_;
  EquityMarket& equities_;
  GeneratorRandom random_;
  ChainShape shape_;
  std::vector<GeneratedContract> contracts_;
  struct Queue {
    std::vector<uint32_t> contracts;
    size_t front = 0;
  };
  std::vector<Queue> queues_;  // by underlying
  size_t backlog_ = 0;
  uint32_t next_queue_ = 0;
};

}  // namespace tickgraph
