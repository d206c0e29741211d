// The registry of CME MDP 3.0, SBE schema 1: every template as its root block and its groups.
//
// Drives the decoder (cme.h), the encoder (cme_encode.h), the names in `inspect`, and the tests. Constant data.
#pragma once

#include "net/proto/cme_definitions.h"
#include "net/proto/cme_layouts.h"
#include "net/proto/message_registry.h"

namespace tickgraph::cme {

inline constexpr uint16_t kSchema = 1;
inline constexpr uint16_t kRequestSchema = 2;  // what subscribers send over TCP: framed, not decoded
inline constexpr uint32_t kPacketHeaderBytes = 12, kTcpHeaderBytes = 14, kMessageHeaderBytes = 10;
inline constexpr uint16_t kTcpEncoding = 0xCAFE;

// A repeating group: its entries' layout, the bytes of its dimension (u16 entry length, count in the last byte), and the first schema
// version that has it. In a message of an older version not even the dimension is there.
template <class EntryLayout, uint32_t kBytes, uint16_t kFirstVersion = 0>
struct Group {
  using Layout = EntryLayout;
  using Block = typename EntryLayout::Block;
  static constexpr uint32_t kDimensionBytes = kBytes;
  static constexpr uint16_t kSince = kFirstVersion;
};

template <class... Members>
struct TypeList {};

template <uint16_t kNumber, FieldName kText, class RootLayout, class... GroupsOf>
struct Template {
  static constexpr uint16_t kId = kNumber;
  // Mantissas count 1e-7 below template 46, 1e-9 from there on.
  static constexpr BlockFormat kFormat{kNumber < 46 ? 100 : 1, true, '\0'};
  using Layout = RootLayout;
  using Root = typename RootLayout::Block;
  using Groups = TypeList<GroupsOf...>;
  static constexpr std::string_view name() { return kText.view(); }
};

namespace cme_internal {

using Underlyings = InstrumentLayout<Underlying>;
using RelatedInstruments = InstrumentLayout<RelatedInstrument>;

template <uint16_t kId, FieldName kText, class RootLayout, class... More>
using Definition = Template<kId, kText, RootLayout, Group<EventLayout, 3>, Group<FeedTypeLayout, 3>, Group<AttributeLayout, 3>,
                            Group<LotTypeLayout, 3>, More...>;

}  // namespace cme_internal

// Most frequent first. Not here, and skipped by their size: 57 to 60, 62, 63, 67 and 69.
using Templates =
    TypeList<Template<46, "Book Refresh", Root, Group<G46, 3>, Group<OrderOfEntryLayout, 8>>,
             Template<47, "Order Book Refresh", Root, Group<G43, 3>>,
             Template<32, "Book Refresh (to schema 8)", Root, Group<G32, 3>, Group<OrderOfEntryLayout, 8, 7>>,
             Template<43, "Order Book Refresh (to schema 8)", Root, Group<G43, 3>>,
             Template<64, "Book Refresh, Long Quantity", Root, Group<G64, 3>, Group<OrderOfEntryLayout, 8>>,
             Template<48, "Trade Summary", Root, Group<G42, 3>, Group<OrderOfTradeLayout, 8>>,
             Template<42, "Trade Summary (to schema 8)", Root, Group<G42, 3>, Group<OrderOfTradeLayout, 8>>,
             Template<65, "Trade Summary, Long Quantity", Root, Group<G65, 3>, Group<OrderOfTradeLayout, 8>>,
             Template<37, "Electronic Volume", Root, Group<G37, 3>>, Template<66, "Electronic Volume, Long Quantity", Root, Group<G66, 3>>,
             Template<51, "Session Statistics", Root, Group<G51, 3>>, Template<35, "Session Statistics (to schema 8)", Root, Group<G51, 3>>,
             Template<49, "Daily Statistics", Root, Group<G33, 3>>, Template<33, "Daily Statistics (to schema 8)", Root, Group<G33, 3>>,
             Template<50, "Price Limits", Root, Group<G34, 3>>, Template<34, "Price Limits (to schema 8)", Root, Group<G34, 3>>,
             Template<36, "Trade (old)", Root, Group<G36, 3>>, Template<52, "Snapshot", R38, Group<G38, 3>>,
             Template<38, "Snapshot (to schema 8)", R38, Group<G38, 3>>, Template<53, "Order Book Snapshot", R44, Group<G44, 3>>,
             Template<44, "Order Book Snapshot (to schema 8)", R44, Group<G44, 3>>, Template<61, "TCP Full Refresh", R61, Group<G61, 3>>,
             Template<68, "TCP Full Refresh, Long Quantity", R61, Group<G68, 3>>, Template<30, "Security Status", R30>,
             Template<39, "Quote Request", R39, Group<G39, 3>>, Template<12, "Heartbeat", Nothing>, Template<15, "Login", LoginLayout>,
             Template<16, "Logout", LogoutLayout>, Template<4, "Channel Reset", Root9, Group<G4, 3>>,
             cme_internal::Definition<54, "Future Definition", FutureLayout<true>>,
             cme_internal::Definition<27, "Future Definition (to schema 8)", FutureLayout<false>>,
             cme_internal::Definition<55, "Option Definition", OptionLayout<true>, Group<cme_internal::Underlyings, 3>,
                                      Group<cme_internal::RelatedInstruments, 3, 7>>,
             cme_internal::Definition<41, "Option Definition (to schema 8)", OptionLayout<false>, Group<cme_internal::Underlyings, 3>,
                                      Group<cme_internal::RelatedInstruments, 3, 7>>,
             cme_internal::Definition<56, "Spread Definition", SpreadLayout<true>, Group<LegLayout, 3>>,
             cme_internal::Definition<29, "Spread Definition (to schema 8)", SpreadLayout<false>, Group<LegLayout, 3>>>;

// Calls visit.template operator()<Template>() for each template.
template <class Visit, class... Members>
constexpr void ForEachTemplate(TypeList<Members...>, Visit&& visit) {
  (visit.template operator()<Members>(), ...);
}

// Whether `id` is a template of schema 1, decoded here or not.
constexpr bool IsKnownTemplate(uint16_t id) {
  bool found = (id >= 57 && id <= 63) || id == 67 || id == 69;
  ForEachTemplate(Templates{}, [&]<class T>() { found |= T::kId == id; });
  return found;
}

// A template's name; empty where it is not decoded here.
constexpr std::string_view TemplateName(uint16_t id) {
  std::string_view out;
  ForEachTemplate(Templates{}, [&]<class T>() {
    if (T::kId == id) out = T::name();
  });
  return out;
}

}  // namespace tickgraph::cme
