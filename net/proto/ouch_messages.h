// NASDAQ OUCH 5.0: the registry. Every message of both directions with its fields in wire order, stated once.
//
// The codec (ouch.h) walks these declarations to encode, to decode and to know lengths; inspect and the tests read the same lists.
// Specification: OUCH 5.0 revision 1.04 (2024-05-01), with 1.02's shorter forms and 1.05's options 29 and 30. Big-endian.
// Invariants: a message holds its bytes' values exactly (text keeps its padding, prices stay four-decimal integers), so what
// was decoded encodes to the same bytes. No state, no thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace tickgraph::ouch {

// Text as it stands on the wire: left-justified, space-padded.
template <size_t N>
struct Alpha {
  std::array<char, N> chars = Blank();

  static constexpr std::array<char, N> Blank() {
    std::array<char, N> out{};
    out.fill(' ');
    return out;
  }
  static Alpha From(std::string_view text) {
    Alpha out;
    std::memcpy(out.chars.data(), text.data(), std::min(N, text.size()));
    return out;
  }
  [[nodiscard]] std::string_view view() const {
    size_t n = N;
    while (n > 0 && (chars[n - 1] == ' ' || chars[n - 1] == '\0')) --n;
    return {chars.data(), n};
  }
  friend bool operator==(const Alpha&, const Alpha&) = default;
};

// Whether an appendage length follows the fixed part. kOptional stands for the specification's Opt and Opt*, and for Executed, which
// older revisions sent without one: both forms are accepted.
enum class Appendage : uint8_t { kNone, kOptional, kRequired };

enum class Direction : uint8_t { kInbound, kOutbound };  // as the exchange sees it: inbound comes from the client

// A message type's fields are named in wire order by `Fields(message, visit)`; the leading type letter is not among them.
#define TICKGRAPH_OUCH_MESSAGE(letter, name, appendage, size, ...)                            \
  static constexpr char kType = letter;                                                       \
  static constexpr const char* kName = name;                                                  \
  static constexpr Appendage kAppendage = Appendage::appendage;                               \
  static constexpr uint16_t kFixedSize = size; /* without the appendage's length */           \
  template <class Message, class Visit>                                                       \
  static constexpr void Fields([[maybe_unused]] Message& m, [[maybe_unused]] Visit&& visit) { \
    [&](auto&... field) { (visit(field), ...); }(__VA_ARGS__);                                \
  }

namespace in {

struct EnterOrder {
  uint32_t user_ref_num = 0;
  char side = 'B';
  uint32_t quantity = 0;
  Alpha<8> symbol;
  uint64_t price = 0;  // 1e-4, in every message
  char time_in_force = '0', display = 'Y', capacity = 'P', intermarket_sweep = 'N', cross_type = 'N';
  Alpha<14> client_order_id;
  TICKGRAPH_OUCH_MESSAGE('O', "enter_order", kRequired, 45, m.user_ref_num, m.side, m.quantity, m.symbol, m.price, m.time_in_force,
                         m.display, m.capacity, m.intermarket_sweep, m.cross_type, m.client_order_id)
};
struct ReplaceOrder {
  uint32_t original_user_ref_num = 0, user_ref_num = 0;
  uint32_t quantity = 0;  // of the whole chain, executed shares included
  uint64_t price = 0;
  char time_in_force = '0', display = 'Y', intermarket_sweep = 'N';
  Alpha<14> client_order_id;
  TICKGRAPH_OUCH_MESSAGE('U', "replace_order", kRequired, 38, m.original_user_ref_num, m.user_ref_num, m.quantity, m.price, m.time_in_force,
                         m.display, m.intermarket_sweep, m.client_order_id)
};
struct CancelOrder {
  uint32_t user_ref_num = 0;
  uint32_t quantity = 0;  // the new intended size, executed shares included; 0 cancels all
  TICKGRAPH_OUCH_MESSAGE('X', "cancel_order", kOptional, 9, m.user_ref_num, m.quantity)
};
struct ModifyOrder {
  uint32_t user_ref_num = 0;
  char side = 'S';
  uint32_t quantity = 0;
  TICKGRAPH_OUCH_MESSAGE('M', "modify_order", kOptional, 10, m.user_ref_num, m.side, m.quantity)
};
struct MassCancel {
  uint32_t user_ref_num = 0;
  Alpha<4> firm;
  Alpha<8> symbol;  // blank: all
  TICKGRAPH_OUCH_MESSAGE('C', "mass_cancel", kRequired, 17, m.user_ref_num, m.firm, m.symbol)
};
struct DisableOrderEntry {
  uint32_t user_ref_num = 0;
  Alpha<4> firm;
  TICKGRAPH_OUCH_MESSAGE('D', "disable_order_entry", kRequired, 9, m.user_ref_num, m.firm)
};
struct EnableOrderEntry {
  uint32_t user_ref_num = 0;
  Alpha<4> firm;
  TICKGRAPH_OUCH_MESSAGE('E', "enable_order_entry", kRequired, 9, m.user_ref_num, m.firm)
};
struct AccountQuery {
  TICKGRAPH_OUCH_MESSAGE('Q', "account_query", kOptional, 1)
};

}  // namespace in

namespace out {

struct SystemEvent {
  uint64_t timestamp_ns = 0;  // since midnight, in every message
  char event = 'S';
  TICKGRAPH_OUCH_MESSAGE('S', "system_event", kNone, 10, m.timestamp_ns, m.event)
};
struct Accepted {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  char side = 'B';
  uint32_t quantity = 0;
  Alpha<8> symbol;
  uint64_t price = 0;
  char time_in_force = '0', display = 'Y';
  uint64_t order_ref = 0;
  char capacity = 'P', intermarket_sweep = 'N', cross_type = 'N', state = 'L';  // L live; D dead: no more messages
  Alpha<14> client_order_id;
  TICKGRAPH_OUCH_MESSAGE('A', "accepted", kRequired, 62, m.timestamp_ns, m.user_ref_num, m.side, m.quantity, m.symbol, m.price,
                         m.time_in_force, m.display, m.order_ref, m.capacity, m.intermarket_sweep, m.cross_type, m.state, m.client_order_id)
};
struct Replaced {
  uint64_t timestamp_ns = 0;
  uint32_t original_user_ref_num = 0, user_ref_num = 0;
  char side = 'B';
  uint32_t quantity = 0;  // open after the replace
  Alpha<8> symbol;
  uint64_t price = 0;
  char time_in_force = '0', display = 'Y';
  uint64_t order_ref = 0;
  char capacity = 'P', intermarket_sweep = 'N', cross_type = 'N', state = 'L';
  Alpha<14> client_order_id;
  TICKGRAPH_OUCH_MESSAGE('U', "replaced", kRequired, 66, m.timestamp_ns, m.original_user_ref_num, m.user_ref_num, m.side, m.quantity,
                         m.symbol, m.price, m.time_in_force, m.display, m.order_ref, m.capacity, m.intermarket_sweep, m.cross_type, m.state,
                         m.client_order_id)
};
struct Canceled {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  uint32_t quantity = 0;  // taken away
  char reason = 'U';
  TICKGRAPH_OUCH_MESSAGE('C', "canceled", kOptional, 18, m.timestamp_ns, m.user_ref_num, m.quantity, m.reason)
};
struct AiqCanceled {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  uint32_t quantity = 0;
  char reason = 'Q';
  uint32_t quantity_prevented = 0;
  uint64_t execution_price = 0;
  char liquidity = 'R', strategy = ' ';
  TICKGRAPH_OUCH_MESSAGE('D', "aiq_canceled", kOptional, 32, m.timestamp_ns, m.user_ref_num, m.quantity, m.reason, m.quantity_prevented,
                         m.execution_price, m.liquidity, m.strategy)
};
struct Executed {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  uint32_t quantity = 0;
  uint64_t price = 0;
  char liquidity = 'R';
  uint64_t match_number = 0;
  TICKGRAPH_OUCH_MESSAGE('E', "executed", kOptional, 34, m.timestamp_ns, m.user_ref_num, m.quantity, m.price, m.liquidity, m.match_number)
};
struct BrokenTrade {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  uint64_t match_number = 0;
  char reason = 'E';
  Alpha<14> client_order_id;
  TICKGRAPH_OUCH_MESSAGE('B', "broken_trade", kOptional, 36, m.timestamp_ns, m.user_ref_num, m.match_number, m.reason, m.client_order_id)
};
struct Rejected {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  uint16_t reason = 0;  // RejectCode and others
  Alpha<14> client_order_id;
  TICKGRAPH_OUCH_MESSAGE('J', "rejected", kOptional, 29, m.timestamp_ns, m.user_ref_num, m.reason, m.client_order_id)
};
struct CancelPending {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  TICKGRAPH_OUCH_MESSAGE('P', "cancel_pending", kOptional, 13, m.timestamp_ns, m.user_ref_num)
};
struct CancelReject {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  TICKGRAPH_OUCH_MESSAGE('I', "cancel_reject", kOptional, 13, m.timestamp_ns, m.user_ref_num)
};
struct PriorityUpdate {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  uint64_t price = 0;
  char display = 'Y';
  uint64_t order_ref = 0;
  TICKGRAPH_OUCH_MESSAGE('T', "priority_update", kOptional, 30, m.timestamp_ns, m.user_ref_num, m.price, m.display, m.order_ref)
};
struct OrderModified {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  char side = 'S';
  uint32_t quantity = 0;
  TICKGRAPH_OUCH_MESSAGE('M', "order_modified", kOptional, 18, m.timestamp_ns, m.user_ref_num, m.side, m.quantity)
};
struct OrderRestated {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  char reason = 'R';
  TICKGRAPH_OUCH_MESSAGE('R', "order_restated", kRequired, 14, m.timestamp_ns, m.user_ref_num, m.reason)
};
struct MassCancelResponse {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  Alpha<4> firm;
  Alpha<8> symbol;
  TICKGRAPH_OUCH_MESSAGE('X', "mass_cancel_response", kRequired, 25, m.timestamp_ns, m.user_ref_num, m.firm, m.symbol)
};
struct DisableResponse {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  Alpha<4> firm;
  TICKGRAPH_OUCH_MESSAGE('G', "disable_response", kRequired, 17, m.timestamp_ns, m.user_ref_num, m.firm)
};
struct EnableResponse {
  uint64_t timestamp_ns = 0;
  uint32_t user_ref_num = 0;
  Alpha<4> firm;
  TICKGRAPH_OUCH_MESSAGE('K', "enable_response", kRequired, 17, m.timestamp_ns, m.user_ref_num, m.firm)
};
struct AccountQueryResponse {
  uint64_t timestamp_ns = 0;
  uint32_t next_user_ref_num = 0;
  TICKGRAPH_OUCH_MESSAGE('Q', "account_query_response", kOptional, 13, m.timestamp_ns, m.next_user_ref_num)
};

}  // namespace out

#undef TICKGRAPH_OUCH_MESSAGE

template <class... M>
struct MessageList {};
using InboundMessages = MessageList<in::EnterOrder, in::ReplaceOrder, in::CancelOrder, in::ModifyOrder, in::MassCancel,
                                    in::DisableOrderEntry, in::EnableOrderEntry, in::AccountQuery>;
using OutboundMessages =
    MessageList<out::SystemEvent, out::Accepted, out::Replaced, out::Canceled, out::AiqCanceled, out::Executed, out::BrokenTrade,
                out::Rejected, out::CancelPending, out::CancelReject, out::PriorityUpdate, out::OrderModified, out::OrderRestated,
                out::MassCancelResponse, out::DisableResponse, out::EnableResponse, out::AccountQueryResponse>;

// An element of an appendage: [u8 length = 1 + size][u8 tag][value].
struct OptionType {
  uint8_t tag, size;
  const char* name;
};
inline constexpr OptionType kOptions[] = {
    {1, 8, "secondary_order_ref"},
    {2, 4, "firm"},
    {3, 4, "min_quantity"},
    {4, 1, "customer_type"},
    {5, 4, "max_floor"},
    {6, 1, "price_type"},
    {7, 4, "peg_offset"},
    {9, 8, "discretion_price"},
    {10, 1, "discretion_price_type"},
    {11, 4, "discretion_peg_offset"},
    {12, 1, "post_only"},
    {13, 4, "random_reserves"},
    {14, 4, "route"},
    {15, 4, "expire_time"},
    {16, 1, "trade_now"},
    {17, 1, "handle_inst"},
    {18, 1, "bbo_weight"},
    {22, 4, "display_quantity"},
    {23, 8, "display_price"},
    {24, 2, "group_id"},
    {25, 1, "shares_located"},
    {26, 4, "locate_broker"},
    {27, 1, "side"},
    {28, 1, "user_ref_index"},
    {29, 1, "aiq_strategy"},
    {30, 2, "aiq_group_id"},
};

// Reasons of Rejected that this project sends or acts on; the field may hold any of the specification's list.
enum class RejectCode : uint16_t {
  kHalted = 0x07,
  kInvalidSide = 0x09,
  kProcessingError = 0x0A,
  kOther = 0x0F,
  kInvalidQuantity = 0x13,
  kReplaceNotAllowed = 0x15,
  kInvalidSymbol = 0x17,
  kInvalidPrice = 0x1D,
};

inline constexpr uint64_t kMaxPrice = 0x7735939C;  // 199,999.9900
inline constexpr uint32_t kMaxQuantity = 999'999;
inline constexpr int64_t kNanosPerTick = 100'000;  // a wire price counts 1e-4

}  // namespace tickgraph::ouch
