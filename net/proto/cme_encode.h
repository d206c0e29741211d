// CME MDP 3.0: structs out as SBE messages and packets, through the same registry that the decoder reads.
//
// In the flow: sessions that we write, and the tests. A builder fills a caller's buffer with one packet; what does not fit is refused and
// belongs in the next. No other state.
#pragma once

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>
#include <type_traits>

#include "net/proto/cme_messages.h"

namespace tickgraph::cme {

namespace cme_internal {

template <BlockFormat kFormat, class GroupOf>
inline bool PutGroup(std::span<const typename GroupOf::Block> entries, uint16_t version, uint8_t* message, uint32_t capacity,
                     uint32_t* at) {
  using Layout = typename GroupOf::Layout;
  if (version < GroupOf::kSince) return entries.empty();
  if (entries.size() > 254 || capacity - *at < GroupOf::kDimensionBytes + entries.size() * Layout::kBytes) return false;
  uint8_t* dimension = message + *at;
  std::fill_n(dimension, GroupOf::kDimensionBytes, uint8_t{0});
  StoreLe(dimension, Layout::kBytes);
  dimension[GroupOf::kDimensionBytes - 1] = static_cast<uint8_t>(entries.size());
  *at += GroupOf::kDimensionBytes;
  for (const auto& entry : entries) {
    if (!WriteBlock<kFormat, Layout>(entry, version, message + *at)) return false;
    *at += Layout::kBytes;
  }
  return true;
}

template <class T, class... GroupsOf>
inline uint32_t EncodeAs(TypeList<GroupsOf...>, uint16_t version, const typename T::Root& root, uint8_t* message, uint32_t capacity,
                         std::span<const typename GroupsOf::Block>... groups) {
  capacity = std::min<uint32_t>(capacity, 0xFFFF);
  constexpr uint32_t kFixed = kMessageHeaderBytes + T::Layout::kBytes;
  if (capacity < kFixed || !WriteBlock<T::kFormat, typename T::Layout>(root, version, message + kMessageHeaderBytes)) return 0;
  uint32_t at = kFixed;
  if (!(PutGroup<T::kFormat, GroupsOf>(groups, version, message, capacity, &at) && ...)) return 0;
  StoreLe(message, static_cast<uint16_t>(at));
  StoreLe(message + 2, T::Layout::kBytes);
  StoreLe(message + 4, T::kId);
  StoreLe(message + 6, kSchema);
  StoreLe(message + 8, version);
  return at;
}

}  // namespace cme_internal

// Writes a message of template T: `groups` are spans of entries, one a group. Returns its size; 0 where it does not fit `capacity` or a
// value does not fit its field.
template <class T, class... Spans>
inline uint32_t Encode(uint16_t version, uint8_t* message, uint32_t capacity, const typename T::Root& root, const Spans&... groups) {
  return cme_internal::EncodeAs<T>(typename T::Groups{}, version, root, message, capacity, groups...);
}

// The template of a number.
namespace cme_internal {
template <uint16_t kId, class... Members>
consteval auto FindTemplate(TypeList<Members...>) {
  constexpr bool kMatches[] = {(Members::kId == kId)...};
  constexpr size_t kIndex = std::find(std::begin(kMatches), std::end(kMatches), true) - std::begin(kMatches);
  static_assert(kIndex < sizeof...(Members), "no such template");
  return std::type_identity<std::tuple_element_t<kIndex, std::tuple<Members...>>>{};
}
}  // namespace cme_internal
template <uint16_t kId>
using TemplateOf = typename decltype(cme_internal::FindTemplate<kId>(Templates{}))::type;

class PacketBuilder {
 public:
  PacketBuilder(uint8_t* buffer, uint32_t capacity) : buffer_(buffer), capacity_(capacity) {}
  void Begin(uint32_t sequence, uint64_t ts_send_ns) {
    StoreLe(buffer_, sequence);
    StoreLe(buffer_ + 4, ts_send_ns);
    size_ = kPacketHeaderBytes;
  }
  template <uint16_t kId, class... Spans>
  [[nodiscard]] bool Add(uint16_t version, const typename TemplateOf<kId>::Root& root, const Spans&... groups) {
    const uint32_t bytes = Encode<TemplateOf<kId>>(version, buffer_ + size_, capacity_ - size_, root, groups...);
    size_ += bytes;
    return bytes != 0;
  }
  [[nodiscard]] uint32_t Finish() const { return size_; }

 private:
  uint8_t* buffer_;
  uint32_t capacity_, size_ = 0;
};

}  // namespace tickgraph::cme
