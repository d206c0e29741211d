// Flow: options -> MarketStream -> FILE. One thread; memory does not grow with the file. It appears under its name only when whole.
#include "tools/generate_market.h"

#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "net/io/file/output_file.h"
#include "net/io/file/sha256.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLeastMessages = 20'000;

// Half of a short stream stands before the day begins; a long one has the whole market.
MarketStreamOptions OptionsFor(uint64_t seed, uint64_t messages) {
  MarketStreamOptions options;
  options.seed = seed;
  const uint64_t after_directory = messages - options.instruments;
  options.standing_orders = static_cast<uint32_t>(std::min<uint64_t>(options.standing_orders, after_directory / 2));
  options.day_messages = after_directory - options.standing_orders;
  return options;
}

// Messages with their lengths in front, and the digest of all of it.
class RawWriter {
 public:
  explicit RawWriter(const std::string& path) : file_(OutputFile::Create(path, &error_)) { buffer_.reserve(kBuffer + 64); }

  bool Write(const uint8_t* message, uint32_t size) {
    buffer_.push_back(0);
    buffer_.push_back(static_cast<uint8_t>(size));
    buffer_.insert(buffer_.end(), message, message + size);
    return buffer_.size() < kBuffer || Flush();
  }
  bool Close() {
    if (!Flush() || !file_->Publish(&error_)) return false;
    sha256_hex_ = sha256_.HexDigest();
    return true;
  }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool good() const { return error_.empty(); }
  [[nodiscard]] uint64_t size_bytes() const { return file_->size_bytes(); }
  [[nodiscard]] const std::string& sha256() const { return sha256_hex_; }

 private:
  static constexpr size_t kBuffer = 1 << 20;

  bool Flush() {
    if (!good()) return false;
    sha256_.Update(buffer_.data(), buffer_.size());
    if (!file_->Write(buffer_.data(), buffer_.size())) error_ = file_->error();
    buffer_.clear();
    return good();
  }

  std::string error_, sha256_hex_;
  std::unique_ptr<OutputFile> file_;
  std::vector<uint8_t> buffer_;
  Sha256 sha256_;
};

void ShowProgress(uint64_t made, uint64_t total, std::chrono::steady_clock::time_point start, bool* drawn) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (seconds < 2) return;
  const double rate = static_cast<double>(made) / seconds;
  std::fprintf(stderr, "\r%3.0f %%  %.1f million messages a second, %.0f s left\033[K",
               100.0 * static_cast<double>(made) / static_cast<double>(total), rate / 1e6, static_cast<double>(total - made) / rate);
  *drawn = true;
}

// What the books hold now.
Json Census(const MarketStream& stream) {
  uint32_t quoted = 0, orders_in_deepest = 0;
  size_t deepest = 0;
  for (InstrumentIndex i = 0; i < stream.instruments(); ++i) {
    quoted += stream.books().top(i).has_both();
    for (const Side side : {Side::kBuy, Side::kSell}) {
      deepest = std::max(deepest, stream.books().Depth(i, side));
      stream.books().ForEachLevel(i, side, [&](PriceNanos, Quantity, uint32_t count) {
        orders_in_deepest = std::max(orders_in_deepest, count);
        return true;
      });
    }
  }
  return {{"live_orders", stream.books().order_count()},
          {"levels", stream.books().level_count()},
          {"two_sided_books", quoted},
          {"deepest_side", deepest},
          {"longest_queue", orders_in_deepest}};
}

void PrintTable(const Json& report) {
  for (const auto& [key, value] : report.items()) {
    if (value.is_object()) continue;
    std::printf("%-18s %s\n", key.c_str(), value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
  }
  for (const char* part : {"at_open", "at_end"}) {
    std::printf("\n%s\n", part);
    for (const auto& [key, value] : report[part].items()) std::printf("  %-16s %12s\n", key.c_str(), value.dump().c_str());
  }
  std::printf("\n%-18s %12s %8s\n", "type", "messages", "share");
  for (const auto& [type, count] : report["by_type"].items()) {
    std::printf("%-18s %12" PRIu64 " %7.2f%%\n", type.c_str(), count.get<uint64_t>(),
                100.0 * count.get<double>() / report["messages"].get<double>());
  }
}

}  // namespace

int GenerateMarket(const std::string& path, uint64_t seed, uint64_t messages, const CommonOptions& common) {
  const auto fail = [](const std::string& text, int exit_code) {
    std::cerr << "tickgraph generate: " << text << "\n";
    return exit_code;
  };
  if (messages < kLeastMessages) return fail("--market needs --messages " + std::to_string(kLeastMessages) + " or more", kExitUsage);
  RawWriter writer(path);
  if (!writer.good()) return fail(writer.error(), kExitFailed);
  MarketStream stream(OptionsFor(seed, messages));
  const bool shown = !common.quiet && !common.json && isatty(STDERR_FILENO) == 1;
  const auto start = std::chrono::steady_clock::now();
  bool drawn = false, good = true;
  Json at_open;
  uint8_t message[kItchMaxMessageBytes];
  while (good) {
    const uint32_t size = stream.Next(message);
    if (size == 0) break;
    good = writer.Write(message, size);
    if (stream.at_open()) at_open = Census(stream);
    if (shown && stream.made() % (1 << 18) == 0) ShowProgress(stream.made(), stream.total(), start, &drawn);
  }
  if (drawn) std::fputs("\r\033[K", stderr);
  if (!good || !writer.Close()) return fail(writer.error(), kExitFailed);

  Json report = {{"file", path},
                 {"sha256", writer.sha256()},
                 {"messages", stream.made()},
                 {"bytes", writer.size_bytes()},
                 {"instruments", stream.instruments()},
                 {"at_open", at_open},
                 {"at_end", Census(stream)}};
  for (size_t type = 0; type < 256; ++type) {
    if (stream.by_type()[type] != 0) report["by_type"][std::string(1, static_cast<char>(type))] = stream.by_type()[type];
  }
  if (common.json) {
    std::cout << report.dump(1) << "\n";
  } else {
    PrintTable(report);
  }
  return kExitDone;
}

}  // namespace tickgraph
