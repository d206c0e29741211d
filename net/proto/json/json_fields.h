// The member names of all venues' messages that a decoder needs, as dense numbers.
//
// In the flow: JsonDecoder looks up every name it meets; a name that is not here is skipped with its value. No state.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tickgraph {

enum class JsonField : uint8_t {
  // Binance: one letter each, then longer names.
  kE,
  kUpperE,
  kS,
  kU,
  kUpperU,
  kB,
  kUpperB,
  kA,
  kUpperA,
  kT,
  kUpperT,
  kP,
  kQ,
  kM,
  kX,
  kPu,
  kPs,
  kStream,
  kData,
  kLastUpdateId,
  kBids,
  kAsks,
  kSymbol,
  kPair,
  kResult,
  kMethod,
  kId,
  kError,
  // Coinbase Exchange.
  kType,
  kProductId,
  kSequence,
  kPrice,
  kSize,
  kSide,
  kTime,
  kTradeId,
  kChanges,
  kBestBid,
  kBestAsk,
  kLastSize,
  // Coinbase Advanced Trade.
  kChannel,
  kTimestamp,
  kSequenceNum,
  kEvents,
  kUpdates,
  kTrades,
  kPriceLevel,
  kNewQuantity,
  kCount,
  kNone = 255,
};
static_assert(static_cast<int>(JsonField::kCount) <= 64, "a set of fields is one word");

namespace json_fields_internal {

struct NamedField {
  std::string_view name;
  JsonField field;
};

inline constexpr NamedField kLongNames[] = {
    {"pu", JsonField::kPu},
    {"ps", JsonField::kPs},
    {"stream", JsonField::kStream},
    {"data", JsonField::kData},
    {"lastUpdateId", JsonField::kLastUpdateId},
    {"bids", JsonField::kBids},
    {"asks", JsonField::kAsks},
    {"symbol", JsonField::kSymbol},
    {"pair", JsonField::kPair},
    {"result", JsonField::kResult},
    {"method", JsonField::kMethod},
    {"id", JsonField::kId},
    {"error", JsonField::kError},
    {"type", JsonField::kType},
    {"product_id", JsonField::kProductId},
    {"sequence", JsonField::kSequence},
    {"price", JsonField::kPrice},
    {"size", JsonField::kSize},
    {"side", JsonField::kSide},
    {"time", JsonField::kTime},
    {"trade_id", JsonField::kTradeId},
    {"changes", JsonField::kChanges},
    {"best_bid", JsonField::kBestBid},
    {"best_ask", JsonField::kBestAsk},
    {"last_size", JsonField::kLastSize},
    {"channel", JsonField::kChannel},
    {"timestamp", JsonField::kTimestamp},
    {"sequence_num", JsonField::kSequenceNum},
    {"events", JsonField::kEvents},
    {"updates", JsonField::kUpdates},
    {"trades", JsonField::kTrades},
    {"price_level", JsonField::kPriceLevel},
    {"new_quantity", JsonField::kNewQuantity},
};

inline constexpr std::array<JsonField, 128> kLetters = [] {
  std::array<JsonField, 128> out{};
  out.fill(JsonField::kNone);
  constexpr std::string_view kText = "eEsUuBbAatTpqmX";
  constexpr JsonField kFields[] = {JsonField::kE,      JsonField::kUpperE, JsonField::kS,      JsonField::kUpperU, JsonField::kU,
                                   JsonField::kUpperB, JsonField::kB,      JsonField::kUpperA, JsonField::kA,      JsonField::kT,
                                   JsonField::kUpperT, JsonField::kP,      JsonField::kQ,      JsonField::kM,      JsonField::kX};
  for (size_t i = 0; i < kText.size(); ++i) out[static_cast<uint8_t>(kText[i])] = kFields[i];
  return out;
}();

// Spreads the names by length and two letters; 0 ends a search.
constexpr uint32_t Slot(std::string_view name) {
  return (static_cast<uint32_t>(name.size()) * 7 + static_cast<uint8_t>(name[0]) * 3 + static_cast<uint8_t>(name[1])) & 127;
}

inline constexpr std::array<uint8_t, 128> kSlots = [] {
  std::array<uint8_t, 128> out{};
  for (size_t i = 0; i < std::size(kLongNames); ++i) {
    uint32_t slot = Slot(kLongNames[i].name);
    while (out[slot] != 0) slot = (slot + 1) & 127;
    out[slot] = static_cast<uint8_t>(i + 1);
  }
  return out;
}();

}  // namespace json_fields_internal

constexpr JsonField FindJsonField(std::string_view name) {
  using namespace json_fields_internal;
  if (name.size() < 2) {
    return name.empty() || static_cast<uint8_t>(name[0]) > 127 ? JsonField::kNone : kLetters[static_cast<uint8_t>(name[0])];
  }
  for (uint32_t slot = Slot(name); kSlots[slot] != 0; slot = (slot + 1) & 127) {
    const NamedField& known = kLongNames[kSlots[slot] - 1];
    if (known.name == name) return known.field;
  }
  return JsonField::kNone;
}

}  // namespace tickgraph
