// ITCH order messages into records of fixed form, without a branch on the type: a table says for each type which bytes go where, and a
// few byte shuffles take them there, swapped on the way.
//
// In the flow: the part of itch.h that reads the messages of orders (A F E C X D U P), and by itself for whoever reads nothing else. The
// table is made from the registry: a field that does not lie in the sixteen bytes it is taken from fails to compile. No state.
// No byte outside the message is read: every load ends at or before its last byte.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "hot/order_message.h"
#include "net/proto/itch_messages.h"
#include "net/proto/wire.h"

namespace tickgraph {

namespace itch_internal {

using ShuffleMask = std::array<uint8_t, 16>;  // for each byte of the result its place in the source; 0x80: zero

inline constexpr uint32_t kWindow = 16;  // bytes of one load

// What the bytes of a type become. Three loads of a message differ by type: `early` behind the reference that all have, `text` at the
// symbol, and one that ends with the message.
struct alignas(128) OrderForm {
  ShuffleMask shares = Nothing(), text = Nothing(), price_second = Nothing();
  std::array<int64_t, 2> no_price{kNoPrice, 0};  // or-ed to price and quantity
  uint32_t tail = 0;                             // type, effect, side and printable as an OrderMessage has them
  uint32_t side_mask = 0, side_buy = 0;          // what is left of a load of the side, and what a buy is; a type without: 0 and 0
  uint8_t early_at = 0, text_at = 0;
  uint8_t printable_at = 0;
  bool is_order = false;
  OrderEffect effect = OrderEffect::kNone;

  static constexpr uint32_t kRare = 0x80;  // the side_buy of a type that needs more than shuffles

  static constexpr ShuffleMask Nothing() {
    ShuffleMask out{};
    out.fill(0x80);
    return out;
  }
};
static_assert(sizeof(OrderForm) == 128);

inline constexpr char kOrderTypes[] = {'A', 'F', 'E', 'C', 'X', 'D', 'U', 'P'};

constexpr OrderEffect EffectOf(char type) {
  switch (type) {
    case 'A':
    case 'F':
      return OrderEffect::kAdd;
    case 'E':
    case 'C':
      return OrderEffect::kExecute;
    case 'X':
      return OrderEffect::kReduce;
    case 'D':
      return OrderEffect::kDelete;
    case 'U':
      return OrderEffect::kReplace;
    default:
      return OrderEffect::kNone;
  }
}

// The first of these fields that the message has; size 0: it has none.
constexpr FieldSpec FindField(const MessageSpec& message, std::initializer_list<std::string_view> names) {
  for (uint16_t i = 0; i < message.field_count; ++i) {
    for (const std::string_view name : names) {
      if (message.fields[i].name == name) return message.fields[i];
    }
  }
  return {};
}

// Takes the field's bytes in reverse order from the window at `from` to bytes `to` and on. False: they do not lie in it.
constexpr bool Take(const FieldSpec& field, uint32_t from, uint32_t to, ShuffleMask* mask) {
  if (field.size == 0) return true;
  if (field.offset < from || field.offset + field.size > from + kWindow) return false;
  for (uint32_t i = 0; i < field.size; ++i) (*mask)[to + i] = static_cast<uint8_t>(field.offset - from + field.size - 1 - i);
  return true;
}

// No order where the registry's fields do not fit the shuffles.
constexpr OrderForm FormOf(char type) {
  constexpr uint32_t kBehindReference = 19;
  const MessageSpec& message = *FindMessage(kItchRegistry, type);
  const FieldSpec side = FindField(message, {"Side"}), stock = FindField(message, {"Stock"}), price = FindField(message, {"Price"}),
                  printable = FindField(message, {"Printable"});
  const uint32_t late = message.length - kWindow, early = std::min(kBehindReference, late), text = std::min<uint32_t>(stock.offset, late);
  OrderForm out;
  out.effect = EffectOf(type);
  out.early_at = static_cast<uint8_t>(early);
  out.text_at = static_cast<uint8_t>(text);
  out.is_order = (side.size == 0 || side.offset == early) && Take(price, late, 0, &out.price_second) &&
                 Take(FindField(message, {"NewRef", "Match"}), late, 8, &out.price_second) &&
                 Take(FindField(message, {"Shares", "Executed", "Cancelled"}), early, 0, &out.shares) && Take(stock, text, 0, &out.text) &&
                 Take(FindField(message, {"Attribution"}), text, 8, &out.text);
  if (price.size != 0) out.no_price = {};
  out.side_mask = side.size != 0 ? 0xFF : 0;
  out.side_buy = side.size != 0 ? 'B' : printable.size != 0 ? OrderForm::kRare : 0;
  out.printable_at = static_cast<uint8_t>(printable.offset);
  const uint32_t always_printable = printable.size == 0 ? 1 : 0;
  out.tail = static_cast<uint32_t>(static_cast<uint8_t>(type)) | static_cast<uint32_t>(out.effect) << 8 | always_printable << 24;
  return out;
}

// By the low five bits of the type letter, once its length has said that there is such a type.
inline constexpr std::array<OrderForm, 32> kOrderForms = [] {
  std::array<OrderForm, 32> out{};
  for (const char type : kOrderTypes) out[type & 31] = FormOf(type);
  return out;
}();
static_assert(std::ranges::all_of(kItchRegistry,
                                  [](const MessageSpec& message) {
                                    const bool is_order = std::ranges::find(kOrderTypes, message.type) != std::end(kOrderTypes);
                                    return kOrderForms[message.type & 31].is_order == is_order;
                                  }),
              "a field of an order message lies outside its window, or another type has an order's place");

inline const OrderForm& OrderFormOf(uint8_t type) { return kOrderForms[type & 31]; }

inline __m128i LoadWindow(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline __m128i Load(const ShuffleMask& mask) { return _mm_load_si128(reinterpret_cast<const __m128i*>(mask.data())); }
inline void Store(void* to, __m128i value) { _mm_store_si128(static_cast<__m128i*>(to), value); }

// Symbol and attribution, each reversed in a half of its own: cuts the padding, spaces or NULs, and turns them round. In a reversed text
// the padding is the run of low bytes: as all-ones bytes it is what adding one clears.
inline __m128i CutPadding(__m128i reversed) {
  const __m128i padding = _mm_cmpeq_epi8(_mm_and_si128(reversed, _mm_set1_epi8(static_cast<char>(0xDF))), _mm_setzero_si128());
  const __m128i trailing = _mm_andnot_si128(_mm_sub_epi64(padding, _mm_set1_epi64x(-1)), padding);
  return _mm_shuffle_epi8(_mm_andnot_si128(trailing, reversed), _mm_set_epi8(-1, -1, -1, -1, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7));
}

// What the shuffles left: the letter that says whether an execution is printable. False where there is none: then the side is bad.
inline bool FillRare(const OrderForm& form, const uint8_t* message, OrderMessage* out) {
  out->printable = message[form.printable_at] == 'Y';
  return form.printable_at != 0;
}

// A message of the form's type and length. False: its side is none.
inline bool FillOrder(const OrderForm& form, const uint8_t* message, uint32_t size, uint64_t midnight_ns, OrderMessage* out) {
  const __m128i early = LoadWindow(message + form.early_at);
  // Time and reference stand at the same place in all.
  const __m128i base = _mm_shuffle_epi8(LoadWindow(message + 3), _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, -1, -1, 2, 3, 4, 5, 6, 7));
  Store(&out->ts_event_ns, _mm_add_epi64(base, _mm_set_epi64x(0, static_cast<int64_t>(midnight_ns))));
  const __m128i price_second = _mm_shuffle_epi8(LoadWindow(message + size - kWindow), Load(form.price_second));
  const __m128i amounts = _mm_unpacklo_epi64(price_second, _mm_shuffle_epi8(early, Load(form.shares)));
  Store(&out->price_nanos, _mm_or_si128(_mm_mul_epu32(amounts, _mm_set_epi64x(1, 100'000)),
                                        _mm_load_si128(reinterpret_cast<const __m128i*>(form.no_price.data()))));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(&out->second), _mm_unpackhi_epi64(price_second, price_second));
  Store(&out->symbol, CutPadding(_mm_shuffle_epi8(LoadWindow(message + form.text_at), Load(form.text))));
  out->locate = LoadBe16(message + 1);
  // 0 for a buy and 0x11 for a sell, whose letters differ in these two bits.
  const uint32_t side = (static_cast<uint32_t>(_mm_cvtsi128_si32(early)) & form.side_mask) ^ form.side_buy;
  const uint32_t sells = side & 1;
  const uint32_t tail = form.tail | sells << 16;
  std::memcpy(&out->type, &tail, sizeof(tail));
  return side == sells * ('B' ^ 'S') || FillRare(form, message, out);
}

}  // namespace itch_internal

// kUnknownType: not an order message; `out` is then undefined, as it is for all but kOk. The instrument is left to the caller.
inline DecodeStatus DecodeItchOrder(const uint8_t* message, uint32_t size, uint64_t midnight_ns, OrderMessage* out) {
  if (size == 0) return DecodeStatus::kUnknownType;
  const itch_internal::OrderForm& form = itch_internal::OrderFormOf(message[0]);
  const uint8_t length = kItchLengths[message[0]];
  if (length == 0 || !form.is_order) return DecodeStatus::kUnknownType;
  if (length != size) [[unlikely]]
    return DecodeStatus::kBadLength;
  return itch_internal::FillOrder(form, message, size, midnight_ns, out) ? DecodeStatus::kOk : DecodeStatus::kBadValue;
}

}  // namespace tickgraph
