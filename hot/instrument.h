// The instruments of a session, by dense index, and how a venue's own identifiers find them.
//
// In the flow: the loop resolves every event here before it touches a book. Memory is taken at construction; a full table
// rejects (kNoInstrument, counted by the caller) and never grows. One thread.
#pragma once

#include "hot/arena.h"
#include "hot/event.h"
#include "hot/hash.h"
#include "hot/signal.h"
#include "hot/types.h"

namespace tickgraph {

struct Instrument {
  Symbol symbol;  // equities: the symbol; options: the root; else the name's first eight characters
  ProductIndex product = kNoProduct;
  InstrumentKind kind = InstrumentKind::kEquity;
  VenueIndex venue = 0;
  OptionRight right = OptionRight::kCall;
  TradingState trading = TradingState::kTrading;
  uint32_t expiration = 0;  // yyyymmdd, options
  uint32_t locate = 0;
  PriceNanos strike_nanos = 0;
  uint32_t multiplier = 1;        // units of the underlying per lot: 100 for options
  uint8_t quantity_decimals = 0;  // a lot is 10^-this of a unit
  bool routable = true;           // the gateway's orders can name it
  uint8_t reserved[2] = {};
  PriceNanos display_factor_nanos = kNanosPerUnit;
  uint64_t key = 0;     // of a listed instrument: what names it in hashes
  InstrumentName name;  // equities and options: as `symbol`
};

class InstrumentTable {
 public:
  InstrumentTable(uint32_t max_instruments, uint32_t max_products)
      : instruments_(max_instruments),
        products_(max_products),
        by_locate_(kMaxVenues * size_t{65536}),
        by_key_(TableSize(max_instruments)),
        product_keys_(TableSize(max_products)) {
    for (size_t i = 0; i < by_locate_.size(); ++i) by_locate_[i] = kNoInstrument;
    for (size_t i = 0; i < by_key_.size(); ++i) by_key_[i] = kNoInstrument;
    for (size_t i = 0; i < product_keys_.size(); ++i) product_keys_[i] = kNoProduct;
  }

  [[nodiscard]] uint32_t size() const { return count_; }
  [[nodiscard]] uint32_t product_count() const { return product_count_; }
  Instrument& operator[](InstrumentIndex i) { return instruments_[i]; }
  const Instrument& operator[](InstrumentIndex i) const { return instruments_[i]; }
  [[nodiscard]] const InstrumentName& product(ProductIndex i) const { return products_[i]; }

  // The instrument of a locate code, or kNoInstrument.
  [[nodiscard]] InstrumentIndex ByLocate(VenueIndex venue, uint32_t locate) const {
    return locate < 65536 ? by_locate_[venue * size_t{65536} + locate] : kNoInstrument;
  }

  // Finds or makes the equity of a locate code; `made` tells which. kNoInstrument when the table is full or the locate is 0 or out of
  // range.
  InstrumentIndex Equity(VenueIndex venue, uint32_t locate, const Symbol& symbol, bool* made) {
    *made = false;
    if (locate == 0 || locate >= 65536) return kNoInstrument;
    InstrumentIndex& slot = by_locate_[venue * size_t{65536} + locate];
    if (slot != kNoInstrument) return slot;
    const ProductIndex product = Product(InstrumentName::From(symbol.view()));
    if (count_ >= instruments_.size() || product == kNoProduct) return kNoInstrument;
    Instrument& x = instruments_[count_];
    x.symbol = symbol;
    x.name = products_[product];
    x.product = product;
    x.kind = InstrumentKind::kEquity;
    x.venue = venue;
    x.locate = locate;
    *made = true;
    return slot = count_++;
  }

  // Finds or makes the option contract of a key.
  InstrumentIndex Option(VenueIndex venue, const OptionKey& key, bool* made) {
    *made = false;
    const size_t mask = by_key_.size() - 1;
    size_t at = KeyHash(venue, key) & mask;
    for (; by_key_[at] != kNoInstrument; at = (at + 1) & mask) {
      const Instrument& x = instruments_[by_key_[at]];
      if (x.venue == venue && x.symbol == key.root && x.expiration == key.expiration && x.right == key.right &&
          x.strike_nanos == key.strike_nanos)
        return by_key_[at];
    }
    const ProductIndex product = Product(InstrumentName::From(key.root.view()));
    if (count_ >= instruments_.size() || product == kNoProduct) return kNoInstrument;
    Instrument& x = instruments_[count_];
    x.symbol = key.root;
    x.name = products_[product];
    x.product = product;
    x.kind = InstrumentKind::kOption;
    x.venue = venue;
    x.right = key.right;
    x.expiration = key.expiration;
    x.strike_nanos = key.strike_nanos;
    x.multiplier = 100;
    *made = true;
    return by_key_[at] = count_++;
  }

  // Finds or makes what a feed lists under a locate code of its own. No order can name it at the gateway.
  InstrumentIndex Listed(const InstrumentListing& listing, bool* made) {
    *made = false;
    const uint32_t locate = listing.header.locate;
    if (locate == 0 || locate >= 65536) return kNoInstrument;
    InstrumentIndex& slot = by_locate_[listing.header.venue * size_t{65536} + locate];
    if (slot != kNoInstrument) return slot;
    const ProductIndex product = Product(listing.product);
    if (count_ >= instruments_.size() || product == kNoProduct) return kNoInstrument;
    Instrument& x = instruments_[count_];
    x.symbol = Symbol::From(listing.name.view());
    x.product = product;
    x.kind = InstrumentKind::kEquity;
    x.venue = listing.header.venue;
    x.locate = locate;
    x.quantity_decimals = listing.quantity_decimals;
    x.routable = false;
    x.display_factor_nanos = listing.display_factor_nanos;
    x.key = listing.key;
    x.name = listing.name;
    *made = true;
    return slot = count_++;
  }

  // Finds or makes the product of a name; kNoProduct when full.
  ProductIndex Product(const InstrumentName& symbol) {
    const size_t mask = product_keys_.size() - 1;
    size_t at = HashText(symbol.view()) & mask;
    for (; product_keys_[at] != kNoProduct; at = (at + 1) & mask) {
      if (products_[product_keys_[at]] == symbol) return product_keys_[at];
    }
    if (product_count_ >= products_.size()) return kNoProduct;
    products_[product_count_] = symbol;
    return product_keys_[at] = product_count_++;
  }

  [[nodiscard]] EngineInstrument ForEngine(InstrumentIndex i) const {
    const Instrument& x = instruments_[i];
    return {i, x.product, x.kind, x.right, x.venue, x.expiration, x.strike_nanos};
  }

 private:
  static size_t TableSize(size_t entries) {
    size_t n = 16;
    while (n < 2 * entries) n *= 2;
    return n;
  }
  static uint64_t KeyHash(VenueIndex venue, const OptionKey& key) {
    uint64_t root;
    std::memcpy(&root, key.root.chars.data(), 8);
    return Combine(Combine(root, static_cast<uint64_t>(key.strike_nanos)),
                   uint64_t{key.expiration} << 16 | uint64_t{venue} << 8 | static_cast<uint64_t>(key.right));
  }

  HugeArray<Instrument> instruments_;
  HugeArray<InstrumentName> products_;
  HugeArray<InstrumentIndex> by_locate_;
  HugeArray<InstrumentIndex> by_key_;
  HugeArray<ProductIndex> product_keys_;
  uint32_t count_ = 0, product_count_ = 0;
};

}  // namespace tickgraph
