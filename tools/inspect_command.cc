// `tickgraph inspect FILE`: what a capture holds, as a table or one JSON object, and whether anything of it is missing or damaged.
//
// Flow: CaptureReader -> CaptureInspector -> here. One thread.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/io/file_player.h"
#include "net/proto/new_york_time.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/inspect_capture.h"
#include "tools/inspect_records.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

constexpr size_t kListedGaps = 100;

struct GapTotals {
  uint64_t gaps = 0, missing = 0;
};

GapTotals TotalsOf(const StreamCounts& stream) {
  GapTotals totals;
  stream.ForEachGap([&](const SequenceRange& hole) {
    ++totals.gaps;
    totals.missing += hole.end - hole.from;
  });
  return totals;
}

// A stream's number as its wire and its readers know it.
uint64_t Shown(const StreamCounts& stream, uint64_t number) { return stream.protocol == "opra" ? OpraNumbers::Wire(number) : number; }

std::string TypeKey(uint8_t type) {
  if (type == 0) return "empty";
  if (type > ' ' && type < 127) return std::string(1, static_cast<char>(type));
  char text[8];
  std::snprintf(text, sizeof(text), "0x%02x", type);
  return text;
}

std::string_view TypeName(InspectProtocol protocol, uint8_t type) {
  const MessageSpec* spec = nullptr;
  const char letter = static_cast<char>(type);
  if (protocol == InspectProtocol::kItch) spec = FindMessage(kItchRegistry, letter);
  if (protocol == InspectProtocol::kOpra) spec = FindMessage(kOpraRegistry, letter);
  if (spec != nullptr) return spec->name;
  if (protocol == InspectProtocol::kOuch) {
    const auto* in = ouch::FindMessage(ouch::Direction::kInbound, letter);
    const auto* out = ouch::FindMessage(ouch::Direction::kOutbound, letter);
    if (in != nullptr && out == nullptr) return in->name;
    if (out != nullptr && in == nullptr) return out->name;
    if (in != nullptr) return "(a letter of both directions)";
  }
  return type == 0 ? "no content" : "unknown";
}

// A line on the terminal, once reading has taken longer than a person likes to wait.
class ProgressLine {
 public:
  ProgressLine(bool quiet, uint64_t total_bytes) : active_(!quiet && isatty(STDERR_FILENO) == 1), total_bytes_(total_bytes) {}
  void Update(uint64_t bytes) {
    if (!active_) return;
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - start_).count();
    if (seconds < 2 || now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    shown_ = true;
    const double rate = static_cast<double>(bytes) / seconds;
    if (total_bytes_ > bytes) {
      std::fprintf(stderr, "\rinspect %3.0f %%  %.0f MB/s  %.0f s left   ",
                   100.0 * static_cast<double>(bytes) / static_cast<double>(total_bytes_), rate / 1e6,
                   static_cast<double>(total_bytes_ - bytes) / rate);
    } else {
      std::fprintf(stderr, "\rinspect %.0f MB read  %.0f MB/s   ", static_cast<double>(bytes) / 1e6, rate / 1e6);
    }
  }
  ~ProgressLine() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  bool active_, shown_ = false;
  uint64_t total_bytes_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), last_{};
};

nlohmann::ordered_json StreamJson(const StreamCounts& stream) {
  const GapTotals totals = TotalsOf(stream);
  nlohmann::ordered_json out = {{"protocol", stream.protocol},
                                {"name", stream.name},
                                {"packets", stream.packets},
                                {"messages", stream.messages},
                                {"duplicates", stream.duplicates},
                                {"heartbeats", stream.heartbeats},
                                {"ends", stream.ends},
                                {"gaps", totals.gaps},
                                {"missing_messages", totals.missing}};
  out["first_sequence"] = stream.seen.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(Shown(stream, stream.seen.first()));
  out["last_sequence"] = stream.seen.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(Shown(stream, stream.seen.last()));
  auto& missing = out["missing"] = nlohmann::ordered_json::array();
  stream.ForEachGap([&](const SequenceRange& hole) {
    if (missing.size() < kListedGaps) missing.push_back({Shown(stream, hole.from), Shown(stream, hole.end - 1)});
  });
  return out;
}

struct TypeCount {
  std::string key;
  std::string_view name;
  uint64_t count;
};

// The counts of one protocol that the capture holds.
struct ProtocolTypes {
  std::string protocol;
  std::vector<TypeCount> types;
};

std::vector<ProtocolTypes> TypesByProtocol(const CaptureInspector& inspector) {
  std::vector<ProtocolTypes> out;
  for (size_t p = 0; p < kInspectProtocols; ++p) {
    ProtocolTypes& own = out.emplace_back(ProtocolTypes{kInspectProtocolNames[p], {}});
    for (size_t type = 0; type < 256; ++type) {
      const auto letter = static_cast<uint8_t>(type);
      const uint64_t count = inspector.by_type[p][type];
      if (count != 0) own.types.push_back({TypeKey(letter), TypeName(static_cast<InspectProtocol>(p), letter), count});
    }
  }
  ProtocolTypes& iex_types = out.emplace_back(ProtocolTypes{"iex", {}});
  for (const auto& [type, count] : inspector.iex_types()) {
    const std::string_view name = iex::MessageName(static_cast<char>(type));
    iex_types.types.push_back({TypeKey(type), name.empty() ? "unknown" : name, count});
  }
  ProtocolTypes& cme_types = out.emplace_back(ProtocolTypes{"cme", {}});
  for (const auto& [id, count] : inspector.cme_templates()) {
    const std::string_view name = cme::TemplateName(id);
    cme_types.types.push_back({std::to_string(id), name.empty() ? "not decoded" : name, count});
  }
  std::erase_if(out, [](const ProtocolTypes& own) { return own.types.empty(); });
  return out;
}

std::vector<TypeCount> TypesOf(const CaptureInspector& inspector, std::vector<std::string>* protocols) {
  const std::vector<ProtocolTypes> present = TypesByProtocol(inspector);
  std::vector<TypeCount> out;
  for (const ProtocolTypes& own : present) {
    protocols->push_back(own.protocol);
    for (const TypeCount& type : own.types) {
      out.push_back({present.size() > 1 ? own.protocol + ":" + type.key : type.key, type.name, type.count});
    }
  }
  return out;
}

nlohmann::ordered_json ReportJson(const CaptureReader& reader, const CaptureInspector& inspector, const GapTotals& gaps) {
  std::vector<std::string> protocols;
  nlohmann::ordered_json by_type = nlohmann::ordered_json::object();
  for (const TypeCount& type : TypesOf(inspector, &protocols)) by_type[type.key] = type.count;
  nlohmann::ordered_json out;
  out["file"] = reader.bytes().path();
  out["format"] = CaptureFormatName(reader.format());
  out["compression"] = CompressionName(reader.bytes().compression());
  out["file_size_bytes"] = reader.bytes().file_size();
  out["link_type"] = reader.format() == CaptureFormat::kItchFile ? nlohmann::ordered_json() : nlohmann::ordered_json(reader.link_type());
  out["protocols"] = protocols;
  out["packets"] = inspector.packets;
  out["messages"] = inspector.messages;
  out["by_type"] = by_type;
  out["duplicates"] = inspector.duplicates();
  out["gaps"] = gaps.gaps;
  out["missing_messages"] = gaps.missing;
  out["bad_messages"] = inspector.bad_messages;
  out["unknown_messages"] = inspector.unknown_messages;
  out["bad_packets"] = inspector.bad_packets;
  out["unknown_packets"] = inspector.unknown_packets + reader.skipped_count();
  const auto& damage = reader.damage();
  out["truncated"] = damage.has_value() && damage->truncated;
  out["damage"] = nlohmann::ordered_json();
  if (damage.has_value()) out["damage"] = {{"offset", damage->offset}, {"reason", reader.DamageText()}};
  const auto stamp = [](const std::optional<uint64_t>& ts) {
    return ts.has_value() ? nlohmann::ordered_json(*ts) : nlohmann::ordered_json();
  };
  out["first_ts_ns"] = stamp(inspector.first_ts_ns);
  out["last_ts_ns"] = stamp(inspector.last_ts_ns);
  auto& streams = out["streams"] = nlohmann::ordered_json::array();
  for (const StreamCounts& stream : inspector.streams()) streams.push_back(StreamJson(stream));
  return out;
}

// "2019-12-30 14:30:00.000003363 UTC", or the time of day where no day is known.
std::string TimeText(const std::optional<uint64_t>& ts) {
  if (!ts.has_value()) return "-";
  const uint64_t days = *ts / (86'400 * kNanosPerSecond), second = *ts / kNanosPerSecond % 86'400;
  char text[80];
  std::snprintf(text, sizeof(text), "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%09" PRIu64, second / 3600, second / 60 % 60, second % 60,
                *ts % kNanosPerSecond);
  if (days == 0) return std::string(text) + " New York time, day unknown";
  const CivilDate date = CivilFromDays(static_cast<int64_t>(days));
  char day[40];
  std::snprintf(day, sizeof(day), "%04d-%02d-%02d ", date.year, date.month, date.day);
  return std::string(day) + text + " UTC";
}

void PrintTable(const CaptureReader& reader, const CaptureInspector& inspector, const GapTotals& gaps) {
  std::vector<std::string> protocols;
  std::vector<TypeCount> types = TypesOf(inspector, &protocols);
  std::stable_sort(types.begin(), types.end(), [](const TypeCount& a, const TypeCount& b) { return a.count > b.count; });
  const auto line = [](const char* name, const std::string& value) { std::printf("%-12s %s\n", name, value.c_str()); };
  line("file", reader.bytes().path());
  std::string format(CaptureFormatName(reader.format()));
  if (reader.format() != CaptureFormat::kItchFile) format += ", link type " + std::to_string(reader.link_type());
  if (reader.bytes().compression() != Compression::kNone) format += ", " + std::string(CompressionName(reader.bytes().compression()));
  line("format", format + ", " + std::to_string(reader.bytes().file_size()) + " bytes");
  line("first", TimeText(inspector.first_ts_ns));
  line("last", TimeText(inspector.last_ts_ns));
  line("packets", std::to_string(inspector.packets) +
                      (inspector.unknown_packets != 0 ? ", " + std::to_string(inspector.unknown_packets) + " of unknown content" : "") +
                      (inspector.bad_packets != 0 ? ", and " + std::to_string(inspector.bad_packets) + " that cannot be read" : ""));
  line("messages", std::to_string(inspector.messages));
  line("duplicates", std::to_string(inspector.duplicates()));
  line("gaps", std::to_string(gaps.gaps) + (gaps.gaps != 0 ? ", missing " + std::to_string(gaps.missing) + " messages" : ""));
  line("malformed", std::to_string(inspector.bad_messages));
  if (!types.empty()) std::printf("\n%-10s %14s  %s\n", "type", "messages", "name");
  for (const TypeCount& type : types)
    std::printf("%-10s %14" PRIu64 "  %.*s\n", type.key.c_str(), type.count, static_cast<int>(type.name.size()), type.name.data());
  if (!inspector.streams().empty()) {
    std::printf("\n%-26s %12s %12s %12s %12s %8s %10s\n", "stream", "messages", "first", "last", "duplicates", "gaps", "missing");
  }
  for (const StreamCounts& stream : inspector.streams()) {
    const GapTotals own = TotalsOf(stream);
    const uint64_t first = stream.seen.empty() ? 0 : Shown(stream, stream.seen.first()),
                   last = stream.seen.empty() ? 0 : Shown(stream, stream.seen.last());
    std::printf("%-26s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %10" PRIu64 "\n",
                (stream.protocol + " " + stream.name).c_str(), stream.messages, first, last, stream.duplicates, own.gaps, own.missing);
  }
}

// Every packet, record or line of the file into `inspector`.
template <class Inspector>
void ReadAll(FilePlayer& player, bool quiet, Inspector& inspector) {
  const ByteSource& bytes = player.reader().bytes();
  ProgressLine progress(quiet, bytes.compression() == Compression::kNone ? bytes.file_size() : 0);
  for (uint32_t bursts = 0;; ++bursts) {
    const PacketBurst burst = player.Poll();
    if (burst.count == 0) return;
    for (uint32_t i = 0; i < burst.count; ++i) inspector.Add(burst.packets[i]);
    if (bursts % 4096 == 0) progress.Update(bytes.offset());
  }
}

// What was lost or damaged, a line each on stderr. True where there was any.
bool ReportLosses(const CaptureReader& reader, const CaptureInspector& inspector) {
  const std::string& path = reader.bytes().path();
  const char* file = path.c_str();
  bool lost = false;
  if (const auto& damage = reader.damage(); damage.has_value()) {
    std::fprintf(stderr, "%s: %s at byte %" PRIu64 ": %s; all before it was read\n", file, damage->truncated ? "cut" : "damaged",
                 damage->offset, reader.DamageText().c_str());
    lost = true;
  }
  for (const StreamCounts& stream : inspector.streams()) {
    const GapTotals totals = TotalsOf(stream);
    if (totals.gaps == 0) continue;
    SequenceRange first;
    stream.ForEachGap([&](const SequenceRange& hole) {
      if (first.end == 0) first = hole;
    });
    std::fprintf(stderr, "%s: %s %s: %" PRIu64 " messages missing in %" PRIu64 " gap%s, the first from %" PRIu64 " to %" PRIu64 "\n", file,
                 stream.protocol.c_str(), stream.name.c_str(), totals.missing, totals.gaps, totals.gaps == 1 ? "" : "s",
                 Shown(stream, first.from), Shown(stream, first.end - 1));
    lost = true;
  }
  const auto problem = [&](uint64_t count, const char* what, const std::optional<InspectProblem>& first) {
    if (count == 0) return;
    std::fprintf(stderr, "%s: %" PRIu64 " %s; the first: %s in packet %" PRIu64 " at byte %" PRIu64 "\n", file, count, what, first->reason,
                 first->packet, first->offset);
    lost = true;
  };
  problem(inspector.bad_messages, "malformed messages", inspector.first_bad_message);
  problem(inspector.bad_packets, "packets that cannot be read", inspector.first_bad_packet);
  return lost;
}

// `orderbook`: of a LOBSTER file; empty: what stands beside it.
int InspectRecords(FilePlayer& player, std::string orderbook, const CommonOptions& common) {
  const CaptureReader& reader = player.reader();
  RecordInspector records(reader);
  const bool lobster = reader.format() == CaptureFormat::kLobster;
  if (lobster && orderbook.empty()) orderbook = LobsterOrderbook::PathBeside(reader.bytes().path());
  std::unique_ptr<LobsterOrderbook> book;
  if (lobster && !orderbook.empty()) {
    std::string error;
    book = LobsterOrderbook::Open(orderbook, &error);
    if (book == nullptr) throw std::runtime_error(error);
    records.SetOrderbook(book.get());
  }
  ReadAll(player, common.quiet, records);
  if (book != nullptr) book->Finish();
  return ReportRecords(reader, records, common.json);
}

}  // namespace

int InspectCommand(int argc, char** argv) {
  CLI::App app("What a capture holds: messages by type, gaps, duplicates, damage");
  CommonOptions common;
  AddCommonOptions(app, common, kJson | kQuiet);
  std::string file;
  uint32_t date = 0;
  app.add_option("FILE", file, "a pcap, pcapng, raw ITCH, Databento DBN, JSON-lines or LOBSTER message file, plain or .gz, .xz, .zst")
      ->required();
  app.add_option("--date", date, "the New York day of ITCH and LOBSTER times, YYYYMMDD; else the day in the file's name")->check(CheckDay);
  std::string orderbook;
  app.add_option("--orderbook", orderbook, "the orderbook file of a LOBSTER message file; else the one that stands beside it");
  std::vector<std::string> pair_texts;
  app.add_option("--pair", pair_texts, "two lines of one CME stream, by where they go to: A.B.C.D:PORT,A.B.C.D:PORT; may be given again");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  std::vector<LinePair> pairs;
  for (const std::string& text : pair_texts) {
    const auto pair = ParseLinePair(text);
    if (!pair.has_value()) {
      std::fprintf(stderr, "--pair: not two lines A.B.C.D:PORT,A.B.C.D:PORT: %s\n", text.c_str());
      return kExitUsage;
    }
    pairs.push_back(*pair);
  }

  std::string error;
  const auto player = FilePlayer::Open(file, &error);
  if (player == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return kExitFailed;
  }
  const CaptureReader& reader = player->reader();
  const uint32_t day = date != 0 ? date : DayInFileName(file);
  if (day != 0 && reader.format() == CaptureFormat::kLobster) player->SetMidnight(NewYorkMidnightNs(day));
  if (IsRecordCapture(reader.format())) {
    return InspectRecords(*player, orderbook, common);
  }
  auto inspector = std::make_unique<CaptureInspector>(day == 0 ? 0 : NewYorkMidnightNs(day));
  for (const LinePair& pair : pairs) inspector->Pair(pair);
  ReadAll(*player, common.quiet, *inspector);
  const uint64_t arrived = inspector->packets + inspector->bad_packets + reader.skipped_count();
  if (!inspector->known_protocol() && arrived != 0) {
    std::fprintf(
        stderr, "%s: none of its %" PRIu64 " packets carries a known protocol (ITCH 5.0, OPRA, OUCH 5.0, IEX TOPS and DEEP, CME MDP 3.0)\n",
        file.c_str(), arrived);
    return kExitFailed;
  }
  GapTotals gaps;
  for (const StreamCounts& stream : inspector->streams()) {
    const GapTotals own = TotalsOf(stream);
    gaps.gaps += own.gaps;
    gaps.missing += own.missing;
  }
  if (common.json) {
    std::printf("%s\n", ReportJson(reader, *inspector, gaps).dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    PrintTable(reader, *inspector, gaps);
  }
  return ReportLosses(reader, *inspector) ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
