// One book as bytes and back: orders in queue order, or the levels or the quote that a venue states.
//
// In the flow: cold. What is recovered, compared or handed over between processes; never in the loop. Little-endian. A header, then per
// side its levels from the best, each with its orders from the front, then a hash of all before it. Bytes are believed by nobody: sizes,
// order of prices, kinds and the hash are checked before the book is touched, and what the book itself refuses empties it again.
// Thread rule: the owner's of the book set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "hot/book_set.h"
#include "hot/hash.h"

namespace tickgraph {

enum class SnapshotResult : uint8_t {
  kOk,
  kCut,         // shorter than it says
  kNoSnapshot,  // not one of ours, or of another version
  kDamaged,     // its hash or its own counts do not agree, or prices do not follow each other
  kRefused,     // the book set has no room, or has such an order already; the book is empty
};

namespace snapshot_internal {

inline constexpr uint64_t kMagic = 0x3130'4b4f'4f42'4754;  // "TGBOOK01"

struct Header {
  uint64_t magic = kMagic;
  uint64_t size_bytes = 0;  // all of it, the hash included
  uint32_t level_count[2] = {};
  BookKind kind = BookKind::kEmpty;
  char bid_holder = 0, ask_holder = 0;
  uint8_t marked = 0;
  uint32_t reserved = 0;
  TopOfBook quote;  // of a quoted book
};
static_assert(sizeof(Header) == 64);

struct LevelRow {
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  uint32_t order_count = 0;
  uint32_t order_rows = 0;  // that follow it
};
static_assert(sizeof(LevelRow) == 24);

struct OrderRow {
  OrderRef ref = 0;
  Quantity quantity = 0;
  uint64_t venue = 0;
};
static_assert(sizeof(OrderRow) == 24);

inline uint64_t HashOf(const uint8_t* bytes, size_t size) { return HashText({reinterpret_cast<const char*>(bytes), size}); }

// Writes what fits and counts what would.
struct Writer {
  uint8_t* out;
  size_t room;
  size_t size = 0;

  template <class T>
  void Put(const T& value) {
    if (size + sizeof(T) <= room) std::memcpy(out + size, &value, sizeof(T));
    size += sizeof(T);
  }
};

struct Reader {
  const uint8_t* bytes;
  size_t left;

  template <class T>
  [[nodiscard]] bool Take(T* value) {
    if (left < sizeof(T)) return false;
    std::memcpy(value, bytes, sizeof(T));
    bytes += sizeof(T);
    left -= sizeof(T);
    return true;
  }
};

template <class F>
SnapshotResult ForEachRow(const Header& header, Reader reader, F f) {
  for (const Side side : {Side::kBuy, Side::kSell}) {
    PriceNanos last = kNoPrice;
    for (uint32_t i = 0; i < header.level_count[static_cast<int>(side)]; ++i) {
      LevelRow level;
      if (!reader.Take(&level)) return SnapshotResult::kDamaged;
      const bool follows = i == 0 || Goodness(side, level.price_nanos) < Goodness(side, last);
      const bool by_order = header.kind == BookKind::kOrders;
      if (!follows || level.price_nanos == kNoPrice || level.quantity <= 0) return SnapshotResult::kDamaged;
      if (by_order ? level.order_rows != level.order_count || level.order_rows == 0 : level.order_rows != 0)
        return SnapshotResult::kDamaged;
      last = level.price_nanos;
      if (!by_order && !f(side, level, OrderRow{})) return SnapshotResult::kRefused;
      Quantity left = level.quantity;
      for (uint32_t o = 0; o < level.order_rows; ++o) {
        OrderRow order;
        if (!reader.Take(&order) || order.quantity <= 0 || order.quantity > left || order.venue >= kMaxVenues)
          return SnapshotResult::kDamaged;
        left -= order.quantity;
        if (!f(side, level, order)) return SnapshotResult::kRefused;
      }
      if (by_order && left != 0) return SnapshotResult::kDamaged;
    }
  }
  return reader.left == 0 ? SnapshotResult::kOk : SnapshotResult::kDamaged;
}

}  // namespace snapshot_internal

// Writes the book to `out` and returns its size; where `room` is less, what is in `out` is no snapshot, and the size is what it takes.
[[nodiscard]] inline size_t WriteBookSnapshot(const BookSet& books, InstrumentIndex instrument, uint8_t* out, size_t room) {
  using namespace snapshot_internal;  // NOLINT(google-build-using-namespace)
  Writer writer{out, room};
  Header header;
  header.kind = books.kind(instrument);
  header.marked = books.marked(instrument) ? 1 : 0;
  for (const Side side : {Side::kBuy, Side::kSell}) {
    header.level_count[static_cast<int>(side)] = static_cast<uint32_t>(books.Depth(instrument, side));
  }
  if (header.kind == BookKind::kQuotes) {
    header.quote = books.top(instrument);
    header.bid_holder = books.holders(instrument).bid;
    header.ask_holder = books.holders(instrument).ask;
  }
  writer.Put(header);
  for (const Side side : {Side::kBuy, Side::kSell}) {
    books.ForEachLevel(instrument, side, [&](PriceNanos price_nanos, Quantity quantity, uint32_t order_count) {
      writer.Put(LevelRow{price_nanos, quantity, order_count, header.kind == BookKind::kOrders ? order_count : 0});
      books.ForEachResting(instrument, side, price_nanos, [&](const RestingOrder& order) {
        writer.Put(OrderRow{order.ref, order.quantity, order.venue()});
        return true;
      });
      return true;
    });
  }
  const size_t body = writer.size;
  header.size_bytes = body + sizeof(uint64_t);
  if (header.size_bytes > room) return header.size_bytes;
  std::memcpy(out, &header, sizeof(header));
  writer.Put(HashOf(out, body));
  return writer.size;
}

// Puts the book that the bytes hold in the place of what the instrument has now, unless they are damaged: then nothing is changed.
// `instrument` must be below the configured limit.
[[nodiscard]] inline SnapshotResult ReadBookSnapshot(const uint8_t* bytes, size_t size, InstrumentIndex instrument, BookSet* books) {
  using namespace snapshot_internal;  // NOLINT(google-build-using-namespace)
  Reader reader{bytes, size};
  Header header;
  if (!reader.Take(&header)) return SnapshotResult::kCut;
  if (header.magic != kMagic || header.kind > BookKind::kQuotes) return SnapshotResult::kNoSnapshot;
  if (header.size_bytes > size) return SnapshotResult::kCut;
  if (header.size_bytes != size || reader.left < sizeof(uint64_t)) return SnapshotResult::kDamaged;
  reader.left -= sizeof(uint64_t);
  uint64_t hash = 0;
  std::memcpy(&hash, bytes + size - sizeof(hash), sizeof(hash));
  if (hash != HashOf(bytes, size - sizeof(hash))) return SnapshotResult::kDamaged;
  const bool has_levels = header.kind == BookKind::kOrders || header.kind == BookKind::kLevels;
  if (!has_levels && header.level_count[0] + uint64_t{header.level_count[1]} != 0) return SnapshotResult::kDamaged;
  const auto sound = ForEachRow(header, reader, [](Side, const LevelRow&, const OrderRow&) { return true; });
  if (sound != SnapshotResult::kOk) return sound;

  books->ClearBook(instrument);
  if (header.kind == BookKind::kQuotes) {
    (void)books->SetQuote(instrument, header.quote, BestHolders{header.bid_holder, header.ask_holder});
  } else {
    const auto put = [&](Side side, const LevelRow& level, const OrderRow& order) {
      const BookUpdate update =
          header.kind == BookKind::kLevels
              ? books->SetLevel(instrument, side, level.price_nanos, level.quantity, level.order_count)
              : books->Add(instrument, static_cast<VenueIndex>(order.venue), order.ref, side, level.price_nanos, order.quantity);
      return update.result == BookResult::kOk;
    };
    if (ForEachRow(header, reader, put) != SnapshotResult::kOk) {
      books->ClearBook(instrument);
      return SnapshotResult::kRefused;
    }
  }
  if (header.marked != 0) books->Mark(instrument);
  return SnapshotResult::kOk;
}

}  // namespace tickgraph
