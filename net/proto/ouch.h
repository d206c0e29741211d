// NASDAQ OUCH 5.0: the codec. Bytes to messages and back for both directions, and what the loop needs of it: an Order to Enter
// Order bytes, an exchange's answer to an ExecutionReport.
//
// In the flow: encode stands between risk and the gateway; decode at the order session, and at the simulated exchange's door.
// Framing (SoupBinTCP) is soup.h's. Pure functions, any thread. Every length is checked before a byte is read; a message with an
// unknown type, a wrong length or a malformed appendage is refused whole.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "hot/instrument.h"
#include "hot/order.h"
#include "hot/types.h"
#include "net/proto/ouch_messages.h"
#include "net/proto/wire.h"

namespace tickgraph::ouch {

enum class DecodeStatus : uint8_t { kOk, kUnknownType, kBadLength, kBadAppendage };

// The options after a message's fixed part. Not `present`: the form without an appendage length.
struct AppendageView {
  const uint8_t* data = nullptr;
  uint16_t size = 0;
  bool present = false;
};

// A line of the registry, for what lists messages at run time.
struct MessageInfo {
  char type;
  const char* name;
  uint16_t fixed_size;
  Appendage appendage;
};

namespace detail {

struct Reader {
  const uint8_t* at;
  template <class T>
  void operator()(T& field) {
    if constexpr (std::is_integral_v<T>) {
      field = LoadBe<T>(at);
    } else {
      std::memcpy(field.chars.data(), at, sizeof field);
    }
    at += sizeof field;
  }
};

struct Writer {
  uint8_t* at;
  template <class T>
  void operator()(const T& field) {
    if constexpr (std::is_integral_v<T>) {
      StoreBe(at, field);
    } else {
      std::memcpy(at, field.chars.data(), sizeof field);
    }
    at += sizeof field;
  }
};

template <class M>
constexpr uint16_t SizeOfFields() {
  M message{};
  uint16_t size = 1;
  M::Fields(message, [&size](auto& field) { size += sizeof field; });
  return size;
}

template <class... M>
constexpr bool SizesAgree(MessageList<M...>) {
  return ((SizeOfFields<M>() == M::kFixedSize) && ...);
}
static_assert(SizesAgree(InboundMessages{}) && SizesAgree(OutboundMessages{}));

}  // namespace detail

template <class... M>
constexpr std::array<MessageInfo, sizeof...(M)> Registry(MessageList<M...>) {
  return {MessageInfo{M::kType, M::kName, M::kFixedSize, M::kAppendage}...};
}
inline constexpr auto kInboundRegistry = Registry(InboundMessages{});
inline constexpr auto kOutboundRegistry = Registry(OutboundMessages{});

// Null for a letter that the direction does not know.
constexpr const MessageInfo* FindMessage(Direction direction, char type) {
  const std::span<const MessageInfo> list =
      direction == Direction::kInbound ? std::span<const MessageInfo>(kInboundRegistry) : kOutboundRegistry;
  for (const MessageInfo& m : list) {
    if (m.type == type) return &m;
  }
  return nullptr;
}

constexpr const OptionType* FindOption(uint8_t tag) {
  for (const OptionType& o : kOptions) {
    if (o.tag == tag) return &o;
  }
  return nullptr;
}

// Calls `visit(tag, value, value_size)` for each option. False where an element does not fit, or a known tag has not its size;
// unknown tags are skipped by their length.
template <class Visit>
bool ForEachOption(AppendageView appendage, Visit&& visit) {
  const uint8_t* p = appendage.data;
  for (size_t left = appendage.size; left > 0;) {
    if (left < 2 || p[0] < 1 || size_t{p[0]} + 1 > left) return false;
    const uint8_t tag = p[1], size = p[0] - 1;
    const OptionType* known = FindOption(tag);
    if (known != nullptr && known->size != size) return false;
    visit(tag, p + 2, size);
    left -= size_t{p[0]} + 1;
    p += size_t{p[0]} + 1;
  }
  return true;
}

// Reads a message of type M whose letter was already matched.
template <class M>
DecodeStatus DecodeAs(const uint8_t* data, size_t size, M* message, AppendageView* appendage) {
  *appendage = {};
  if (size < M::kFixedSize) return DecodeStatus::kBadLength;
  if (size == M::kFixedSize) {
    if (M::kAppendage == Appendage::kRequired) return DecodeStatus::kBadLength;
  } else {
    if (M::kAppendage == Appendage::kNone || size < M::kFixedSize + 2u) return DecodeStatus::kBadLength;
    const uint16_t length = LoadBe16(data + M::kFixedSize);
    if (size != M::kFixedSize + 2u + length) return DecodeStatus::kBadLength;
    *appendage = {data + M::kFixedSize + 2, length, true};
    if (!ForEachOption(*appendage, [](uint8_t, const uint8_t*, uint8_t) {})) return DecodeStatus::kBadAppendage;
  }
  M::Fields(*message, detail::Reader{data + 1});
  return DecodeStatus::kOk;
}

// Decodes one message of the list and calls `handler.On(message, appendage)` with it.
template <class Handler, class... M>
DecodeStatus Decode(MessageList<M...>, const uint8_t* data, size_t size, Handler& handler) {
  if (size == 0) return DecodeStatus::kBadLength;
  DecodeStatus status = DecodeStatus::kUnknownType;
  const char type = static_cast<char>(data[0]);
  const auto attempt = [&]<class T>(std::type_identity<T>) {
    if (type != T::kType) return false;
    T message;
    AppendageView appendage;
    status = DecodeAs(data, size, &message, &appendage);
    if (status == DecodeStatus::kOk) handler.On(message, appendage);
    return true;
  };
  (attempt(std::type_identity<M>{}) || ...);
  return status;
}

// Writes a message and the options after it (already laid out as elements); `out` holds at least kFixedSize + 2 + appendage.size.
// Returns the bytes written. An optional appendage that is not present is left out whole; a required one is written empty.
template <class M>
uint32_t Encode(const M& message, AppendageView appendage, uint8_t* out) {
  out[0] = static_cast<uint8_t>(M::kType);
  M::Fields(message, detail::Writer{out + 1});
  if (M::kAppendage == Appendage::kNone || (M::kAppendage == Appendage::kOptional && !appendage.present)) return M::kFixedSize;
  StoreBe16(out + M::kFixedSize, appendage.size);
  if (appendage.size > 0) std::memcpy(out + M::kFixedSize + 2, appendage.data, appendage.size);
  return M::kFixedSize + 2u + appendage.size;
}

// Holds any message this project sends: the largest fixed part is Replaced's, and none of ours carries options.
inline constexpr uint32_t kMaxEncodedSize = 80;

// Option contracts do not fit OUCH's eight characters. The simulated options market takes the same layout with the symbol '#' and
// seven base-36 digits of our InstrumentIndex, most significant first. That is this project's own convention; a real options
// venue has another order protocol.
inline Alpha<8> ContractSymbol(InstrumentIndex instrument) {
  Alpha<8> out;
  out.chars[0] = '#';
  for (int i = 7; i >= 1; --i, instrument /= 36) out.chars[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[instrument % 36];
  return out;
}
// kNoInstrument where the text is no such symbol.
inline InstrumentIndex ContractOf(const Alpha<8>& symbol) {
  if (symbol.chars[0] != '#') return kNoInstrument;
  uint64_t index = 0;
  for (int i = 1; i < 8; ++i) {
    const char c = symbol.chars[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
    if (digit < 0) return kNoInstrument;
    index = index * 36 + static_cast<uint64_t>(digit);
  }
  return index < kNoInstrument ? static_cast<InstrumentIndex>(index) : kNoInstrument;
}

inline Alpha<8> SymbolOf(const Instrument& instrument, InstrumentIndex index) {
  if (instrument.kind == InstrumentKind::kOption) return ContractSymbol(index);
  Alpha<8> out;
  for (size_t i = 0; i < 8 && instrument.symbol.chars[i] != '\0'; ++i) out.chars[i] = instrument.symbol.chars[i];
  return out;
}

inline bool FitsWire(const Order& order) {
  return order.quantity > 0 && order.quantity <= kMaxQuantity && order.price_nanos > 0 && order.price_nanos % kNanosPerTick == 0 &&
         order.price_nanos / kNanosPerTick <= static_cast<int64_t>(kMaxPrice);
}

// An order that risk let pass, as Enter Order. 0 where the wire cannot carry it: quantity or price outside OUCH's range, or a price
// between its ticks.
inline uint32_t EncodeEnterOrder(const Order& order, const Instrument& instrument, uint8_t* out) {
  if (!FitsWire(order)) return 0;
  in::EnterOrder m;
  m.user_ref_num = order.token;
  m.side = order.side == Side::kBuy ? 'B' : 'S';
  m.quantity = static_cast<uint32_t>(order.quantity);
  m.symbol = SymbolOf(instrument, order.instrument);
  m.price = static_cast<uint64_t>(order.price_nanos) / kNanosPerTick;
  m.time_in_force = static_cast<char>('0' + static_cast<int>(order.time_in_force));
  return Encode(m, {}, out);
}

// `intended_size` is what the order shall have been in all, executed lots included; 0 cancels what is open.
inline uint32_t EncodeCancel(OrderToken token, uint32_t intended_size, uint8_t* out) {
  return Encode(in::CancelOrder{token, intended_size}, {}, out);
}

// `order` carries the new token, quantity (of the whole chain), price and time in force.
inline uint32_t EncodeReplace(OrderToken original, const Order& order, uint8_t* out) {
  if (!FitsWire(order)) return 0;
  in::ReplaceOrder m;
  m.original_user_ref_num = original;
  m.user_ref_num = order.token;
  m.quantity = static_cast<uint32_t>(order.quantity);
  m.price = static_cast<uint64_t>(order.price_nanos) / kNanosPerTick;
  m.time_in_force = static_cast<char>('0' + static_cast<int>(order.time_in_force));
  return Encode(m, {}, out);
}

namespace detail {

// Turns an outbound message into the report it stands for.
struct ReportBuilder {
  ExecutionReport* report;
  uint64_t midnight_ns;
  bool answers = false;

  void Begin(ReportKind kind, uint64_t timestamp_ns, OrderToken token) {
    *report = {};
    report->ts_event_ns = midnight_ns + timestamp_ns;
    report->token = token;
    report->kind = kind;
    answers = true;
  }
  void OnLive(uint64_t timestamp_ns, OrderToken token, char state, uint32_t quantity, uint64_t order_ref) {
    Begin(state == 'D' ? ReportKind::kCanceled : ReportKind::kAccepted, timestamp_ns, token);
    report->order_ref = order_ref;
    report->quantity = quantity;
  }
  void On(const out::Accepted& m, AppendageView) { OnLive(m.timestamp_ns, m.user_ref_num, m.state, m.quantity, m.order_ref); }
  void On(const out::Replaced& m, AppendageView) { OnLive(m.timestamp_ns, m.user_ref_num, m.state, m.quantity, m.order_ref); }
  void On(const out::Canceled& m, AppendageView) { OnCancel(m.timestamp_ns, m.user_ref_num, m.quantity, m.reason); }
  void On(const out::AiqCanceled& m, AppendageView) { OnCancel(m.timestamp_ns, m.user_ref_num, m.quantity, m.reason); }
  void OnCancel(uint64_t timestamp_ns, OrderToken token, uint32_t quantity, char reason) {
    Begin(ReportKind::kCanceled, timestamp_ns, token);
    report->quantity = quantity;
    report->reason = static_cast<uint8_t>(reason);
  }
  void On(const out::Executed& m, AppendageView) {
    Begin(ReportKind::kFilled, m.timestamp_ns, m.user_ref_num);
    report->quantity = m.quantity;
    // Untrusted: a price past OUCH's range would overflow the product, so it is held at the range's end.
    report->price_nanos = static_cast<PriceNanos>(std::min(m.price, kMaxPrice + 1)) * kNanosPerTick;
    report->match_number = m.match_number;
  }
  void On(const out::Rejected& m, AppendageView) {
    Begin(ReportKind::kRejected, m.timestamp_ns, m.user_ref_num);
    report->reason = m.reason;
  }
  template <class Other>
  void On(const Other&, AppendageView) {}
};

}  // namespace detail

struct ReportResult {
  DecodeStatus status = DecodeStatus::kOk;
  bool has_report = false;  // false for messages that answer no order
};

// The answer in an exchange's message. `midnight_ns` turns its time of day into time since 1970.
// An order accepted dead is reported as canceled whole; Replaced as the acceptance of the new token.
inline ReportResult DecodeReport(const uint8_t* data, size_t size, uint64_t midnight_ns, ExecutionReport* report) {
  detail::ReportBuilder handler{report, midnight_ns};
  const DecodeStatus status = Decode(OutboundMessages{}, data, size, handler);
  return {status, status == DecodeStatus::kOk && handler.answers};
}

}  // namespace tickgraph::ouch
