// The book of a LOBSTER file as its orderbook file states it, a row after each message that changes what is shown.
//
// In the flow: book_records hands over the messages; the row of the same number is what the sink sees. Offline, one thread.
#pragma once

#include "hot/packet.h"
#include "tools/book_row.h"
#include "tools/lobster_orderbook.h"

namespace tickgraph {

template <class Sink>
class LobsterBookView {
 public:
  LobsterBookView(uint32_t depth, LobsterOrderbook& orderbook, Sink& sink) : orderbook_(orderbook), shown_(depth, sink) {}

  void Add(const PacketView& packet) {
    const std::string_view line(reinterpret_cast<const char*>(packet.data), packet.size);
    if (packet.number == 1 && IsLobsterHeader(line)) return;
    LobsterRow message;
    const LobsterStatus status = packet.size < packet.original_size ? LobsterStatus::kTooLong : ParseLobsterRow(line, &message);
    if (status == LobsterStatus::kOk) {
      ++messages_;
    } else if (bad_rows_++ == 0) {
      first_bad_ = {packet.number, packet.file_offset, Name(status)};
    }
    const uint64_t index = index_++;
    if (!orderbook_.Take(status == LobsterStatus::kOk ? &message : nullptr)) return;
    shown_.Show(index, packet.ts_recv_ns, [&](Side side, const auto& put) {
      const LobsterBookRow& row = orderbook_.row();
      for (uint32_t i = 0; i < row.counts[static_cast<size_t>(side)]; ++i) {
        const LobsterLevel& level = row.sides[static_cast<size_t>(side)][i];
        if (!put(level.price_nanos, level.quantity)) return;
      }
    });
  }

  [[nodiscard]] uint64_t messages() const { return messages_; }
  [[nodiscard]] uint64_t bad_rows() const { return bad_rows_; }
  [[nodiscard]] const LobsterOrderbook::Problem& first_bad() const { return first_bad_; }
  [[nodiscard]] const std::vector<int64_t>& cells() const { return shown_.cells(); }

 private:
  LobsterOrderbook& orderbook_;
  ShownLevels<Sink> shown_;
  uint64_t index_ = 0, messages_ = 0, bad_rows_ = 0;
  LobsterOrderbook::Problem first_bad_;
};

}  // namespace tickgraph
