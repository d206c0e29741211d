// `tickgraph generate`: a synthetic session as a pcap, and beside it the truth about the mispricings planted in it.
//
// Flow: options -> GenerateSession -> FILE.pcap and FILE.pcap.truth.json. One thread. Both files appear only when whole: the truth is
// complete under its partial name before the capture gets its final one.
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "net/io/file/output_file.h"
#include "replay/generator.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/generate_market.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMarketMessages = 100'000'000;

const char* KindName(SignalKind kind) { return kSignalKindNames[static_cast<size_t>(kind)]; }

// Nanos as an exact decimal.
std::string Money(PriceNanos nanos) {
  const PriceNanos size = nanos < 0 ? -nanos : nanos;
  char text[40];
  std::snprintf(text, sizeof(text), "%s%" PRId64 ".%09" PRId64, nanos < 0 ? "-" : "", size / kNanosPerUnit, size % kNanosPerUnit);
  std::string out = text;
  while (out.back() == '0' && out[out.size() - 3] != '.') out.pop_back();
  return out;
}

Json LegJson(const PlantedLeg& leg, const GeneratedSession& session) {
  Json out;
  out["venue"] = session.feed_names[static_cast<size_t>(leg.feed)];
  out["symbol"] = leg.symbol.view();
  if (leg.feed == kOptionFeed) {
    out["expiration"] = leg.option.expiration;
    out["right"] = leg.option.right == OptionRight::kCall ? "call" : "put";
    out["strike"] = Money(leg.option.strike_nanos);
    out["strike_nanos"] = leg.option.strike_nanos;
  }
  out["side"] = leg.side == Side::kBuy ? "buy" : "sell";
  out["price"] = Money(leg.price_nanos);
  out["price_nanos"] = leg.price_nanos;
  return out;
}

Json PlantedJson(const PlantedMispricing& planted, const GeneratedSession& session) {
  Json out;
  out["kind"] = KindName(planted.kind);
  out["legs"] = Json::array();
  for (int i = 0; i < planted.leg_count; ++i) out["legs"].push_back(LegJson(planted.legs[static_cast<size_t>(i)], session));
  out["edge"] = Money(planted.net_edge_nanos);
  out["edge_nanos"] = planted.net_edge_nanos;
  out["gross_edge_nanos"] = planted.gross_edge_nanos;
  out["size"] = planted.size;
  out["sequences"] = Json::object();
  for (size_t feed = 0; feed < kGeneratorFeeds; ++feed) {
    if (planted.first_sequence[feed] == 0) continue;
    out["sequences"][session.feed_names[feed]] = {{"first", planted.first_sequence[feed]}, {"last", planted.last_sequence[feed]}};
  }
  out["start_ns"] = planted.start_ns;
  out["end_ns"] = planted.end_ns;
  return out;
}

class Progress {
 public:
  Progress(uint64_t total, bool quiet) : total_(total), shown_(!quiet && isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (drawn_) std::fputs("\r\033[K", stderr);
  }
  void operator()(uint64_t messages) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    if (!shown_ || seconds < 2) return;
    const double rate = static_cast<double>(messages) / seconds;
    std::fprintf(stderr, "\r%3.0f %%  %.1f million messages a second, %.0f s left\033[K",
                 100.0 * static_cast<double>(messages) / static_cast<double>(total_), rate / 1e6,
                 static_cast<double>(total_ - std::min(messages, total_)) / rate);
    drawn_ = true;
  }

 private:
  uint64_t total_;
  bool shown_, drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Json PlantedCounts(const GeneratedSession& session) {
  Json out;
  for (const char* name : std::span(kSignalKindNames, kSignalKinds)) out[name] = 0;
  for (const PlantedMispricing& planted : session.planted) out[KindName(planted.kind)] = out[KindName(planted.kind)].get<uint64_t>() + 1;
  return out;
}

void PrintTable(const std::string& file, const GeneratedSession& session, const PcapWriter& writer) {
  std::printf("%-14s %s (%.1f MB)\n", "file", file.c_str(), static_cast<double>(writer.size_bytes()) / 1e6);
  std::printf("%-14s %s\n", "sha256", writer.sha256().c_str());
  std::printf("%-14s %" PRIu64 " (%.3f s of session time)\n", "messages", session.messages, static_cast<double>(session.duration_ns) / 1e9);
  std::printf("%-14s %" PRIu64 " on both lines, %" PRIu64 " more lost\n\n", "packets", session.packets, session.lost_packets);
  std::printf("%-14s %12s %8s\n", "type", "messages", "share");
  for (const auto& [type, count] : session.by_type) {
    std::printf("%-14s %12" PRIu64 " %7.2f%%\n", type.c_str(), count,
                100.0 * static_cast<double>(count) / static_cast<double>(session.messages));
  }
  std::printf("\n%-14s %12s\n", "planted", "count");
  const Json counts = PlantedCounts(session);
  for (const char* name : std::span(kSignalKindNames, kSignalKinds))
    std::printf("%-14s %12" PRIu64 "\n", name, counts[name].get<uint64_t>());
}

int Fail(const std::string& text, int exit_code) {
  std::cerr << "tickgraph generate: " << text << "\n";
  return exit_code;
}

struct Arguments {
  std::string out;
  bool market = false;
  GeneratorOptions session;
  CommonOptions common;
};

std::optional<int> ReadArguments(int argc, char** argv, Arguments* arguments) {
  CLI::App app("Writes a synthetic session: equities on two venues and options on some of them, lines A and B, as a pcap.");
  AddCommonOptions(app, arguments->common, kJson | kQuiet | kForce);
  GeneratorOptions& session = arguments->session;
  app.add_option("--out", arguments->out, "The capture; the planted mispricings go to FILE.truth.json")->required()->type_name("FILE.pcap");
  app.add_option("--seed", session.seed, "The same seed gives the same bytes")->capture_default_str();
  const auto* messages =
      app.add_option("--messages", session.messages, "Messages of all feeds together, each counted once")->capture_default_str();
  auto* market =
      app.add_flag("--market", arguments->market,
                   "A full market of one venue instead, for books: a raw ITCH file of 100,000,000 messages unless --messages says "
                   "otherwise");
  app.add_option("--rate", session.rate, "Messages a second, on average")->capture_default_str();
  app.add_option("--line-skew-ns", session.lines.skew_ns, "How much later line B's copy comes, rounded to the microsecond")
      ->capture_default_str();
  app.add_option("--loss-a", session.lines.loss_a, "Share of the data packets lost on line A")->capture_default_str();
  app.add_option("--loss-b", session.lines.loss_b, "Share of the data packets lost on line B")->capture_default_str();
  app.add_flag("--loss-disjoint", session.lines.loss_disjoint, "Never lose the same packet on both lines");
  for (const char* of_sessions : {"--rate", "--line-skew-ns", "--loss-a", "--loss-b", "--loss-disjoint"})
    market->excludes(app.get_option(of_sessions));
  const auto exit_code = ParseCommandLine(app, argc, argv);
  if (arguments->market && messages->count() == 0) session.messages = kMarketMessages;
  return exit_code;
}

}  // namespace

int GenerateCommand(int argc, char** argv) {
  Arguments arguments;
  if (const auto exit_code = ReadArguments(argc, argv, &arguments)) return *exit_code;
  if (arguments.market) {
    if (const std::string problem = OutputFile::Problem(arguments.out, arguments.common.force); !problem.empty())
      return Fail(problem, kExitFailed);
    return GenerateMarket(arguments.out, arguments.session.seed, arguments.session.messages, arguments.common);
  }
  if (const std::string problem = ProblemWith(arguments.session); !problem.empty()) return Fail(problem, kExitUsage);
  const std::string truth_path = arguments.out + ".truth.json";
  for (const std::string& path : {arguments.out, truth_path}) {
    if (const std::string problem = OutputFile::Problem(path, arguments.common.force); !problem.empty()) return Fail(problem, kExitFailed);
  }
  std::string error;
  const auto writer = PcapWriter::Create(arguments.out, false, &error);
  if (!writer) return Fail(error, kExitFailed);
  GeneratedSession session;
  {
    Progress progress(arguments.session.messages, arguments.common.quiet || arguments.common.json);
    session = GenerateSession(arguments.session, *writer, [&progress](uint64_t messages) { progress(messages); });
  }
  const auto truth = OutputFile::Create(truth_path, &error);
  if (truth == nullptr) return Fail(error, kExitFailed);
  Json planted = Json::array();
  for (const PlantedMispricing& one : session.planted) planted.push_back(PlantedJson(one, session));
  const Json document = {{"seed", arguments.session.seed}, {"date", kGeneratedDate}, {"planted", planted}};
  const std::string text = document.dump(1) + "\n";
  if (session.written && !truth->Write(text.data(), text.size())) return Fail(truth->error(), kExitFailed);
  if (!writer->Close(&error) || !truth->Publish(&error)) return Fail(error, kExitFailed);

  if (!arguments.common.json) {
    PrintTable(arguments.out, session, *writer);
    return kExitDone;
  }
  const Json report = {{"file", arguments.out},
                       {"truth", truth_path},
                       {"messages", session.messages},
                       {"packets", session.packets},
                       {"lost_packets", session.lost_packets},
                       {"sha256", writer->sha256()},
                       {"by_type", session.by_type},
                       {"duration_ns", session.duration_ns},
                       {"planted", PlantedCounts(session)}};
  std::cout << report.dump(1) << "\n";
  return kExitDone;
}

}  // namespace tickgraph
