// The two reports on a capture of records; see inspect_records.h. The JSON object has the keys that every format's has.
#include "tools/inspect_records.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/exit_code.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kListedGaps = 100;

struct Totals {
  uint64_t gaps = 0, missing = 0;
  void Add(const StreamCounts& stream) {
    stream.ForEachGap([&](const SequenceRange& hole) {
      ++gaps;
      missing += hole.end - hole.from;
    });
  }
};

Json StreamJson(const StreamCounts& stream) {
  Totals totals;
  totals.Add(stream);
  Json out = {{"protocol", stream.protocol},
              {"name", stream.name},
              {"messages", stream.messages},
              {"duplicates", stream.duplicates},
              {"gaps", totals.gaps},
              {"missing_messages", totals.missing},
              {"first_sequence", stream.start()},
              {"last_sequence", stream.next - 1}};
  auto& missing = out["missing"] = Json::array();
  stream.ForEachGap([&](const SequenceRange& hole) {
    if (missing.size() < kListedGaps) missing.push_back({hole.from, hole.end - 1});
  });
  return out;
}

Json DbnJson(const DbnMetadata& dbn) {
  const auto time = [](uint64_t ns) { return ns == kDbnNoTime ? Json() : Json(ns); };
  return {{"version", dbn.version},           {"dataset", dbn.dataset},       {"schema", DbnSchemaName(dbn.schema)},
          {"start_ns", time(dbn.start_ns)},   {"end_ns", time(dbn.end_ns)},   {"limit", dbn.limit},
          {"send_times", dbn.ts_out},         {"symbols", dbn.symbol_count},  {"partial", dbn.partial_count},
          {"not_found", dbn.not_found_count}, {"mappings", dbn.mapping_count}};
}

Json OrderbookJson(const LobsterOrderbook& book) {
  return {{"file", book.path()},          {"levels", book.levels()},
          {"rows", book.rows()},          {"different_rows", book.different_rows()},
          {"bad_rows", book.bad_rows()},  {"missing_rows", book.missing_rows()},
          {"left_rows", book.left_rows()}};
}

// A text capture that ends inside a line was cut, though nothing below it says so.
struct Ending {
  bool truncated = false;
  std::optional<uint64_t> offset;
  std::string reason;
};

Ending EndingOf(const CaptureReader& reader, const RecordInspector& inspector) {
  if (const auto& damage = reader.damage(); damage.has_value()) return {damage->truncated, damage->offset, reader.DamageText()};
  if (inspector.last_bad_line_offset.has_value()) return {true, inspector.last_bad_line_offset, "the last line is cut"};
  return {};
}

Json ReportJson(const CaptureReader& reader, const RecordInspector& inspector, const Totals& totals) {
  Json out;
  out["file"] = reader.bytes().path();
  out["format"] = CaptureFormatName(reader.format());
  out["compression"] = CompressionName(reader.bytes().compression());
  out["file_size_bytes"] = reader.bytes().file_size();
  out["link_type"] = Json();
  auto& protocols = out["protocols"] = Json::array();
  Json by_type = Json::object();
  for (const auto& [protocol, types] : inspector.by_type) {
    protocols.push_back(protocol);
    const std::string prefix = inspector.by_type.size() > 1 ? protocol + ":" : "";
    for (const auto& [type, count] : types) by_type[prefix + type] = count;
  }
  out["packets"] = 0;
  out["messages"] = inspector.messages;
  out["by_type"] = by_type;
  out["duplicates"] = inspector.duplicates();
  out["gaps"] = totals.gaps;
  out["missing_messages"] = totals.missing;
  out["bad_messages"] = inspector.bad_messages;
  out["unknown_messages"] = inspector.unknown_messages;
  out["bad_packets"] = 0;
  out["unknown_packets"] = 0;
  const Ending ending = EndingOf(reader, inspector);
  out["truncated"] = ending.truncated;
  out["damage"] = ending.offset.has_value() ? Json{{"offset", *ending.offset}, {"reason", ending.reason}} : Json();
  out["first_ts_ns"] = inspector.first_ts_ns.has_value() ? Json(*inspector.first_ts_ns) : Json();
  out["last_ts_ns"] = inspector.last_ts_ns.has_value() ? Json(*inspector.last_ts_ns) : Json();
  if (inspector.first_bad.has_value()) {
    out["first_bad"] = {
        {"number", inspector.first_bad->number}, {"offset", inspector.first_bad->offset}, {"reason", inspector.first_bad->reason}};
  }
  if (reader.format() == CaptureFormat::kDbn) {
    out["dbn"] = DbnJson(reader.dbn_metadata());
  } else {
    out["lines"] = inspector.lines;
    out["other_lines"] = inspector.other_lines;
  }
  if (reader.format() == CaptureFormat::kLobster) {
    const LobsterFile& file = reader.lobster_file();
    out["symbol"] = file.named ? Json(file.symbol.view()) : Json();
    out["orderbook"] = inspector.orderbook() != nullptr ? OrderbookJson(*inspector.orderbook()) : Json();
  }
  auto& streams = out["streams"] = Json::array();
  for (const auto& [name, stream] : inspector.streams()) streams.push_back(StreamJson(stream));
  return out;
}

// Where the venue's own word for it is a number.
std::string NameOfType(const std::string& protocol, const std::string& type) {
  const LobsterMessageSpec* spec = protocol == "lobster" ? FindLobsterMessage(type[0]) : nullptr;
  return spec == nullptr ? "" : std::string(spec->name);
}

void PrintTable(const CaptureReader& reader, const RecordInspector& inspector, const Totals& totals) {
  const auto line = [](const char* name, const std::string& value) { std::printf("%-12s %s\n", name, value.c_str()); };
  line("file", reader.bytes().path());
  std::string format(CaptureFormatName(reader.format()));
  if (const DbnMetadata& dbn = reader.dbn_metadata(); reader.format() == CaptureFormat::kDbn) {
    format += " version " + std::to_string(dbn.version) + ", " + std::string(dbn.dataset) + ", schema " +
              std::string(DbnSchemaName(dbn.schema)) + ", " + std::to_string(dbn.symbol_count) + " symbols";
  }
  if (reader.bytes().compression() != Compression::kNone) format += ", " + std::string(CompressionName(reader.bytes().compression()));
  line("format", format + ", " + std::to_string(reader.bytes().file_size()) + " bytes");
  if (reader.format() == CaptureFormat::kLobster) {
    line("symbol",
         reader.lobster_file().named ? std::string(reader.lobster_file().symbol.view()) : "unknown: the file's name does not say");
    const LobsterOrderbook* book = inspector.orderbook();
    line("orderbook", book == nullptr ? "none beside it"
                                      : book->path() + ": " + std::to_string(book->rows()) + " rows of " + std::to_string(book->levels()) +
                                            " levels, " + std::to_string(book->different_rows()) + " differ");
  }
  if (IsTextCapture(reader.format())) {
    line("lines",
         std::to_string(inspector.lines) + ", of which " + std::to_string(inspector.other_lines) + " headers, subscriptions or blank");
  }
  line("messages", std::to_string(inspector.messages));
  line("duplicates", std::to_string(inspector.duplicates()));
  line("gaps", std::to_string(totals.gaps) + (totals.gaps != 0 ? ", missing " + std::to_string(totals.missing) + " numbers" : ""));
  line("malformed", std::to_string(inspector.bad_messages));
  if (!inspector.by_type.empty()) std::printf("\n%-28s %14s\n", "type", "messages");
  for (const auto& [protocol, types] : inspector.by_type) {
    for (const auto& [type, count] : types)
      std::printf("%-28s %14" PRIu64 "  %s\n", (protocol + " " + type).c_str(), count, NameOfType(protocol, type).c_str());
  }
  if (!inspector.streams().empty()) std::printf("\n%-40s %12s %12s %8s\n", "stream", "messages", "duplicates", "gaps");
  for (const auto& [name, stream] : inspector.streams()) {
    Totals own;
    own.Add(stream);
    std::printf("%-40s %12" PRIu64 " %12" PRIu64 " %8" PRIu64 "\n", (stream.protocol + " " + stream.name).c_str(), stream.messages,
                stream.duplicates, own.gaps);
  }
}

// What was lost or damaged, a line each on stderr. True where there was any.
bool ReportLosses(const CaptureReader& reader, const RecordInspector& inspector) {
  const char* file = reader.bytes().path().c_str();
  bool lost = false;
  if (const Ending ending = EndingOf(reader, inspector); ending.offset.has_value()) {
    std::fprintf(stderr, "%s: %s at byte %" PRIu64 ": %s; all before it was read\n", file, ending.truncated ? "cut" : "damaged",
                 *ending.offset, ending.reason.c_str());
    lost = true;
  }
  for (const auto& [name, stream] : inspector.streams()) {
    Totals totals;
    totals.Add(stream);
    if (totals.gaps == 0) continue;
    SequenceRange first;
    stream.ForEachGap([&](const SequenceRange& hole) {
      if (first.end == 0) first = hole;
    });
    std::fprintf(stderr, "%s: %s %s: %" PRIu64 " numbers missing in %" PRIu64 " gap%s, the first from %" PRIu64 " to %" PRIu64 "\n", file,
                 stream.protocol.c_str(), stream.name.c_str(), totals.missing, totals.gaps, totals.gaps == 1 ? "" : "s", first.from,
                 first.end - 1);
    lost = true;
  }
  if (inspector.bad_messages != 0) {
    const bool text = IsTextCapture(reader.format());
    std::fprintf(stderr, "%s: %" PRIu64 " malformed %s; the first: %s in %s %" PRIu64 " at byte %" PRIu64 "\n", file,
                 inspector.bad_messages, text ? "lines" : "records", inspector.first_bad->reason, text ? "line" : "record",
                 inspector.first_bad->number, inspector.first_bad->offset);
    lost = true;
  }
  if (inspector.orderbook() != nullptr) lost |= inspector.orderbook()->ReportLosses();
  return lost;
}

}  // namespace

int ReportRecords(const CaptureReader& reader, const RecordInspector& inspector, bool json) {
  if (inspector.unknown_objects != 0 && inspector.messages == 0) {
    std::fprintf(stderr,
                 "%s: none of its %" PRIu64 " lines is a message of a known venue (Binance, Coinbase Exchange, Coinbase Advanced Trade)\n",
                 reader.bytes().path().c_str(), inspector.lines);
    return kExitFailed;
  }
  Totals totals;
  for (const auto& [name, stream] : inspector.streams()) totals.Add(stream);
  if (json) {
    std::printf("%s\n", ReportJson(reader, inspector, totals).dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    PrintTable(reader, inspector, totals);
  }
  return ReportLosses(reader, inspector) ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
