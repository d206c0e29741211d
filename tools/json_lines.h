// The lines of a venue's JSON capture, decoded one by one, and a word on those that are malformed, cut or damaged.
//
// Flow: CaptureReader -> ParseCaptureLine -> JsonDecoder -> the handler's On(...). One thread, offline. A bad line is counted and the
// reading goes on; the first is named by line and byte.
#pragma once

#include <array>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "net/io/file/capture_reader.h"
#include "net/proto/json/capture_line.h"
#include "net/proto/json/json_decoder.h"

namespace tickgraph {

class JsonLines {
 public:
  // Throws std::runtime_error ("FILE: …") where the file cannot be read or holds no lines of JSON.
  explicit JsonLines(const std::string& path) : path_(path) {
    std::string error;
    reader_ = CaptureReader::Open(path, &error);
    if (reader_ == nullptr) throw std::runtime_error(error);
    if (reader_->format() == CaptureFormat::kJsonLines) return;
    throw std::runtime_error(path + ": a file of the format " + std::string(CaptureFormatName(reader_->format())) +
                             "; quotes are read from lines of JSON (Binance, Coinbase Exchange)");
  }

  // Hands every message of the file to the handler.
  template <class Handler>
  void ReadAll(Handler& handler) {
    std::array<PacketView, 32> burst;
    while (const uint32_t count = reader_->ReadBurst(burst.data(), burst.size())) {
      for (uint32_t i = 0; i < count; ++i) Read(burst[i], handler);
    }
  }

  // Of the message that the handler is given.
  [[nodiscard]] uint64_t line_number() const { return line_.number; }
  [[nodiscard]] uint64_t lines() const { return lines_; }
  [[nodiscard]] uint64_t messages() const { return messages_; }

  // Once all is read: says on stderr what was wrong; true: something was.
  bool ReportDamage() const {
    const char* path = path_.c_str();
    const auto& damage = reader_->damage();
    if (damage.has_value()) {
      std::fprintf(stderr, "%s: %s at byte %" PRIu64 ": %s; all before it was read, and the last quote stands from there on\n", path,
                   damage->truncated ? "cut" : "damaged", damage->offset, reader_->DamageText().c_str());
    } else if (last_is_bad_) {
      std::fprintf(stderr,
                   "%s: cut at byte %" PRIu64 ": the last line is cut; all before it was read, and the last quote stands from there on\n",
                   path, line_.file_offset);
    }
    if (bad_lines_ != 0) {
      std::fprintf(stderr, "%s: %" PRIu64 " malformed lines; the first: %s in line %" PRIu64 " at byte %" PRIu64 "\n", path, bad_lines_,
                   first_bad_reason_.c_str(), first_bad_.number, first_bad_.file_offset);
    }
    return damage.has_value() || bad_lines_ != 0;
  }

 private:
  template <class Handler>
  void Read(const PacketView& packet, Handler& handler) {
    line_ = packet;
    const std::string_view text(reinterpret_cast<const char*>(packet.data), packet.size);
    ++lines_;
    last_is_bad_ = false;
    if (packet.size < packet.original_size) return Bad(Name(JsonStatus::kTooLong));
    const CaptureLine line = ParseCaptureLine(text);
    if (line.kind == CaptureLineKind::kBlank || line.kind == CaptureLineKind::kHeader) return;
    if (line.kind == CaptureLineKind::kBad) return Bad("neither JSON nor a header line of a capture");
    const JsonStatus status = json_.Decode(line.json, line.ts_recv_ns, handler);
    if (status == JsonStatus::kMessage) ++messages_;
    if (status != JsonStatus::kMessage && status != JsonStatus::kControl) Bad(Name(status));
  }

  void Bad(std::string_view reason) {
    last_is_bad_ = true;
    if (bad_lines_++ != 0) return;
    first_bad_ = line_;
    first_bad_reason_ = reason;
  }

  std::string path_;
  std::unique_ptr<CaptureReader> reader_;
  JsonDecoder json_;
  PacketView line_, first_bad_;
  std::string first_bad_reason_;
  uint64_t lines_ = 0, messages_ = 0, bad_lines_ = 0;
  bool last_is_bad_ = false;
};

}  // namespace tickgraph
