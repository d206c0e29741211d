// ITCH order messages into records of fixed form, without a branch on the type: where each field stands comes from a table.
//
// In the flow: beside itch.h, for hot/order_message.h's pipeline and whoever reads only orders and trades (A F E C X D U P). A field that
// a type lacks is read from a place that every order message has, and masked. The table is made from the registry. No state.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <initializer_list>
#include <string_view>

#include "hot/order_message.h"
#include "net/proto/itch_messages.h"
#include "net/proto/wire.h"

namespace tickgraph {

namespace itch_internal {

struct OrderLayout {
  uint8_t length = 0;  // 0: not an order message
  uint8_t side = kItchAlways, shares = kItchAlways, second = kItchAlways, price = kItchAlways, symbol = kItchAlways,
          attribution = kItchAlways, printable = kItchAlways;
  // All ones where the type has the field.
  uint8_t has_side = 0, has_shares = 0, has_second = 0, has_price = 0, has_symbol = 0, has_attribution = 0, has_printable = 0;
  OrderEffect effect = OrderEffect::kNone;

  static constexpr uint8_t kItchAlways = 11;  // the order reference, eight bytes, which every order message has
};
static_assert(sizeof(OrderLayout) == 16);

constexpr bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr OrderLayout LayoutOf(char type) {
  OrderLayout out;
  const MessageSpec& message = *FindMessage(kItchRegistry, type);
  out.length = static_cast<uint8_t>(message.length);
  for (uint16_t i = 0; i < message.field_count; ++i) {
    const FieldSpec& field = message.fields[i];
    const auto set = [&](uint8_t& at, uint8_t& has, std::initializer_list<std::string_view> names) {
      if (!IsOneOf(field.name, names)) return;
      at = static_cast<uint8_t>(field.offset);
      has = 0xFF;
    };
    set(out.side, out.has_side, {"Side"});
    set(out.shares, out.has_shares, {"Shares", "Executed", "Cancelled"});
    set(out.second, out.has_second, {"NewRef", "Match"});
    set(out.price, out.has_price, {"Price"});
    set(out.symbol, out.has_symbol, {"Stock"});
    set(out.attribution, out.has_attribution, {"Attribution"});
    set(out.printable, out.has_printable, {"Printable"});
  }
  switch (type) {
    case 'A':
    case 'F':
      out.effect = OrderEffect::kAdd;
      break;
    case 'D':
      out.effect = OrderEffect::kDelete;
      break;
    case 'U':
      out.effect = OrderEffect::kReplace;
      break;
    case 'P':
      break;
    default:
      out.effect = OrderEffect::kTake;
  }
  return out;
}

inline constexpr std::array<OrderLayout, 256> kOrderLayouts = [] {
  std::array<OrderLayout, 256> out{};
  for (const char type : {'A', 'F', 'E', 'C', 'X', 'D', 'U', 'P'}) out[static_cast<uint8_t>(type)] = LayoutOf(type);
  return out;
}();

// All ones from a byte that is.
constexpr uint64_t Wide(uint8_t mask) { return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(mask))); }

}  // namespace itch_internal

// kUnknownType: not an order message; `out` is then undefined, as it is for all but kOk. The instrument is left to the caller.
inline DecodeStatus DecodeItchOrder(const uint8_t* message, uint32_t size, uint64_t midnight_ns, OrderMessage* out) {
  using itch_internal::Wide;
  const itch_internal::OrderLayout& layout = itch_internal::kOrderLayouts[size == 0 ? 0 : message[0]];
  if (layout.length != size || size == 0) [[unlikely]]
    return layout.length == 0 ? DecodeStatus::kUnknownType : DecodeStatus::kBadLength;
  out->type = static_cast<char>(message[0]);
  out->effect = layout.effect;
  out->locate = LoadBe16(message + 1);
  // Six bytes of time, with the tracking number before them shifted out.
  out->ts_event_ns = midnight_ns + (LoadBe64(message + 3) & 0xFFFF'FFFF'FFFFu);
  out->order_ref = LoadBe64(message + 11);
  out->second = LoadBe64(message + layout.second) & Wide(layout.has_second);
  out->quantity = static_cast<Quantity>(LoadBe32(message + layout.shares) & Wide(layout.has_shares));
  const uint64_t price = uint64_t{LoadBe32(message + layout.price)} * 100'000;
  out->price_nanos =
      static_cast<PriceNanos>((price & Wide(layout.has_price)) | (static_cast<uint64_t>(kNoPrice) & ~Wide(layout.has_price)));
  uint64_t symbol = std::bit_cast<uint64_t>(LoadSymbol<8>(message + layout.symbol)) & Wide(layout.has_symbol);
  out->symbol = std::bit_cast<Symbol>(symbol);
  const uint64_t attribution = std::bit_cast<uint64_t>(LoadSymbol<4>(message + layout.attribution)) & Wide(layout.has_attribution);
  out->attribution = std::bit_cast<FixedText<4>>(static_cast<uint32_t>(attribution));
  const uint8_t side = message[layout.side];
  out->side = static_cast<Side>((side == 'S') & (layout.has_side & 1));
  out->printable = (message[layout.printable] == 'Y') | !(layout.has_printable & 1);
  const bool bad_side = (side != 'B') & (side != 'S') & (layout.has_side & 1);
  return bad_side ? DecodeStatus::kBadValue : DecodeStatus::kOk;
}

}  // namespace tickgraph
