// A glance over the order messages of a packet before they are decoded, for a handler that can fetch what they will touch.
//
// In the flow: FeedHandler, in front of the decoder. A message of a market that is larger than the caches waits for one line after the
// other; a packet's messages, looked at together, wait for all of theirs at once. A glance reads the four fields that lead to an order, its
// level and its book, and no other; lengths are checked, values are not, since nothing is done with them but asking for memory. No state.
#pragma once

#include <algorithm>
#include <array>

#include "hot/order_message.h"
#include "net/proto/itch_messages.h"
#include "net/proto/itch_orders.h"
#include "net/proto/moldudp64.h"

namespace tickgraph {

// Handler: LookAhead(venue, glance)    the lines that the message's own bytes lead to
//          LookFurther(venue, ref)     those that an order to be changed leads to, once the messages around it have had theirs
template <class Handler>
concept LooksAhead = requires(Handler& handler, VenueIndex venue, const OrderGlance& glance, OrderRef ref) {
  handler.LookAhead(venue, glance);
  handler.LookFurther(venue, ref);
};

// So many orders are looked at together; their lines stay in the first two caches.
inline constexpr uint32_t kOrdersAhead = 64;

namespace itch_internal {

// Every message of an order names it in the same place, and an add with attribution begins as one without.
constexpr bool GlanceFits(char type) {
  const MessageSpec& message = *FindMessage(kItchRegistry, type);
  const FieldSpec side = FindField(message, {"Side"}), price = FindField(message, {"Price"});
  return FindField(message, {"OrderRef", "OldRef"}).offset == ItchOffset<'A', "OrderRef">() &&
         (EffectOf(type) != OrderEffect::kAdd || (side.offset == ItchOffset<'A', "Side">() && price.offset == ItchOffset<'A', "Price">()));
}
static_assert(std::ranges::all_of(kOrderTypes, [](char type) { return EffectOf(type) == OrderEffect::kNone || GlanceFits(type); }));

}  // namespace itch_internal

// False where the message is no order's, or not as long as its type.
inline bool GlanceAtItch(const uint8_t* message, uint32_t size, OrderGlance* out) {
  if (size == 0 || kItchLengths[message[0]] != size) return false;
  const OrderEffect effect = itch_internal::OrderFormOf(message[0]).effect;
  if (effect == OrderEffect::kNone) return false;
  out->effect = effect;
  out->locate = static_cast<uint32_t>(ItchGet<'A', "StockLocate">(message));
  out->order_ref = ItchGet<'A', "OrderRef">(message);
  if (effect == OrderEffect::kAdd) {
    out->side = ItchGet<'A', "Side">(message) == 'B' ? Side::kBuy : Side::kSell;
    out->price_nanos = static_cast<PriceNanos>(ItchGet<'A', "Price">(message)) * 100'000;
  } else if (effect == OrderEffect::kReplace) {
    out->new_order_ref = ItchGet<'U', "NewRef">(message);
  }
  return true;
}

// The messages of checked MoldUDP64 blocks whose numbers lie in [from, end); `base` is the first block's. One alone is decoded as soon as
// it is looked at.
template <LooksAhead Handler>
inline void LookAheadItch(const uint8_t* blocks, uint64_t base, uint64_t from, uint64_t end, VenueIndex venue, Handler& handler) {
  if (end - from < 2) return;
  std::array<OrderRef, kOrdersAhead> changed;
  uint32_t count = 0;
  const auto look_further = [&] {
    for (uint32_t i = 0; i < count; ++i) handler.LookFurther(venue, changed[i]);
    count = 0;
  };
  ForEachMoldMessage(blocks, base, from, end, [&](const uint8_t* message, uint32_t size, uint64_t) {
    OrderGlance glance;
    if (!GlanceAtItch(message, size, &glance)) return;
    handler.LookAhead(venue, glance);
    changed[count] = glance.order_ref;
    count += glance.effect != OrderEffect::kAdd;
    if (count == kOrdersAhead) look_further();
  });
  look_further();
}

}  // namespace tickgraph
