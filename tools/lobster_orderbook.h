// The orderbook file that stands beside a LOBSTER message file, read row by row with it, and whether the two agree.
//
// In the flow: `inspect` and `book` hand over each message; the row of the same number says what the first levels are after it. What the
// row before comes to with the message is held against it, level by level: only a level that moves up from behind the last one is new, and
// has to be taken as it is. Orders need not be known for that, so every row but the first is checked. One thread, offline.
#pragma once

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "net/io/file/byte_source.h"
#include "net/io/file/line_reader.h"
#include "net/proto/lobster.h"

namespace tickgraph {

class LobsterOrderbook {
 public:
  struct Problem {
    uint64_t line = 0, offset = 0;
    const char* reason = "";
  };

  // Null and `error` where the file cannot be read.
  static std::unique_ptr<LobsterOrderbook> Open(const std::string& path, std::string* error) {
    auto bytes = ByteSource::Open(path, error);
    if (bytes == nullptr) return nullptr;
    return std::unique_ptr<LobsterOrderbook>(new LobsterOrderbook(std::move(bytes)));
  }

  // The file that belongs to a message file by its name; empty where there is none.
  static std::string PathBeside(const std::string& messages) {
    const size_t folder = messages.rfind('/') + 1;
    const size_t at = messages.find("_message_", folder);
    if (at == std::string::npos) return "";
    const std::string path = messages.substr(0, at) + "_orderbook_" + messages.substr(at + 9);
    return std::filesystem::is_regular_file(path) ? path : "";
  }

  // Goes on to the row of the next message; null: that message cannot be read. False where there is no such row, or it is bad.
  bool Take(const LobsterRow* message) {
    PacketView line;
    if (!NextLine(&line)) {
      ++missing_rows_;
      return false;
    }
    ++rows_;
    const std::string_view text(reinterpret_cast<const char*>(line.data), line.size);
    const LobsterStatus status = line.size < line.original_size ? LobsterStatus::kTooLong : ParseLobsterBookRow(text, row_.get());
    if (status != LobsterStatus::kOk) {
      if (bad_rows_++ == 0) first_bad_ = {line.number, line.file_offset, Name(status)};
      known_ = false;
      return false;
    }
    if (known_ && message != nullptr && !Agrees(*message) && different_rows_++ == 0)
      first_different_ = {line.number, line.file_offset, "its levels are not those of the row before it with the message"};
    for (size_t side = 0; side < 2; ++side) sides_[side].assign(row_->sides[side].begin(), row_->sides[side].begin() + row_->counts[side]);
    levels_ = row_->levels;
    known_ = true;
    return true;
  }

  // Behind the last message: what rows are left belong to none.
  void Finish() {
    for (PacketView line; NextLine(&line);) ++left_rows_;
  }

  // The row that Take went on to.
  [[nodiscard]] const LobsterBookRow& row() const { return *row_; }
  [[nodiscard]] const std::string& path() const { return bytes_->path(); }
  [[nodiscard]] uint32_t levels() const { return levels_; }
  [[nodiscard]] uint64_t rows() const { return rows_; }
  [[nodiscard]] uint64_t different_rows() const { return different_rows_; }
  [[nodiscard]] uint64_t bad_rows() const { return bad_rows_; }
  [[nodiscard]] uint64_t missing_rows() const { return missing_rows_; }  // messages without a row
  [[nodiscard]] uint64_t left_rows() const { return left_rows_; }        // rows without a message

  // A line each on stderr; true: something was wrong.
  bool ReportLosses() const {
    const char* file = path().c_str();
    const auto name = [file](uint64_t count, const char* what, const Problem& first) {
      if (count == 0) return;
      std::fprintf(stderr, "%s: %" PRIu64 " rows %s; the first: %s in line %" PRIu64 " at byte %" PRIu64 "\n", file, count, what,
                   first.reason, first.line, first.offset);
    };
    name(bad_rows_, "are malformed", first_bad_);
    name(different_rows_, "differ from what the messages say", first_different_);
    if (missing_rows_ != 0) std::fprintf(stderr, "%s: ends before the messages: %" PRIu64 " have no row\n", file, missing_rows_);
    if (left_rows_ != 0) std::fprintf(stderr, "%s: %" PRIu64 " rows belong to no message\n", file, left_rows_);
    const bool cut = bytes_->failure() != SourceFailure::kNone;
    if (cut) std::fprintf(stderr, "%s: %s\n", file, bytes_->FailureText().c_str());
    return cut || bad_rows_ + different_rows_ + missing_rows_ + left_rows_ != 0;
  }

 private:
  explicit LobsterOrderbook(std::unique_ptr<ByteSource> bytes) : bytes_(std::move(bytes)), row_(std::make_unique<LobsterBookRow>()) {}

  bool NextLine(PacketView* line) {
    for (;;) {
      if (lines_.Read(*bytes_, line, 1, &line_count_) == 0) return false;
      const bool header = line->number == 1 && IsLobsterHeader({reinterpret_cast<const char*>(line->data), line->size});
      if (!header) return true;
    }
  }

  [[nodiscard]] bool Agrees(const LobsterRow& message) const {
    if (row_->levels != levels_) return false;
    const Side changed = message.direction > 0 ? Side::kBuy : Side::kSell;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const std::vector<LobsterLevel>& before = sides_[static_cast<size_t>(side)];
      std::vector<LobsterLevel> levels = before;
      if (side == changed && message.type >= '1' && message.type <= '4' && !Apply(message, side, &levels)) return false;
      const auto& now = row_->sides[static_cast<size_t>(side)];
      const uint32_t count = row_->counts[static_cast<size_t>(side)];
      const size_t told = std::min<size_t>(levels.size(), levels_);
      if (count < told || !std::equal(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(told), now.begin())) return false;
      if (count == told) continue;
      // What was not told came from behind the last level, where there was one.
      if (before.size() < levels_) return false;
      const PriceNanos last = before.back().price_nanos, next = now[told].price_nanos;
      if (side == Side::kBuy ? next >= last : next <= last) return false;
    }
    return true;
  }

  // False where the message takes what is not there, or adds to more than there can be.
  static bool Apply(const LobsterRow& message, Side side, std::vector<LobsterLevel>* levels) {
    const PriceNanos price = message.price * (kNanosPerUnit / 10'000);
    const auto at = std::find_if(levels->begin(), levels->end(), [&](const LobsterLevel& level) {
      return side == Side::kBuy ? level.price_nanos <= price : level.price_nanos >= price;
    });
    const bool there = at != levels->end() && at->price_nanos == price;
    if (message.type == '1') {
      if (there && at->quantity > std::numeric_limits<Quantity>::max() - message.size) return false;
      there ? void(at->quantity += message.size) : void(levels->insert(at, {price, message.size}));
      return true;
    }
    if (!there || at->quantity < message.size) return false;
    at->quantity -= message.size;
    if (at->quantity == 0) levels->erase(at);
    return true;
  }

  std::unique_ptr<ByteSource> bytes_;
  LineReader lines_;
  uint64_t line_count_ = 0;
  std::unique_ptr<LobsterBookRow> row_;
  std::array<std::vector<LobsterLevel>, 2> sides_;  // of the row before
  uint32_t levels_ = 0;
  bool known_ = false;  // there is a row before
  uint64_t rows_ = 0, different_rows_ = 0, bad_rows_ = 0, missing_rows_ = 0, left_rows_ = 0;
  Problem first_bad_, first_different_;
};

}  // namespace tickgraph
