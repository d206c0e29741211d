#include "tools/hot_config.h"

#include <bit>
#include <string>

namespace tickgraph {
namespace {

void ReadLimits(Config& file, const std::string& section, RiskLimits& limits) {
  file.Read(section + ".max_quantity", limits.max_quantity, 1);
  file.Read(section + ".max_notional_nanos", limits.max_notional_nanos, 1);
  file.Read(section + ".collar_bps", limits.collar_bps);
  file.Read(section + ".max_long", limits.max_long, 0);
  file.Read(section + ".max_short", limits.max_short, 0);
}

void ReadRisk(Config& file, RiskConfig& risk) {
  file.Read("risk.max_book_age_ns", risk.max_book_age_ns, 0, kLongestNanos);
  file.Read("risk.duplicate_window_ns", risk.duplicate_window_ns, 0, kLongestNanos);
  file.Read("risk.max_messages_per_second", risk.max_messages_per_second);
  file.Read("risk.message_burst", risk.message_burst, 1);
  ReadLimits(file, "risk.equity", risk.equity);
  ReadLimits(file, "risk.option", risk.option);
}

void ReadEngine(Config& file, EngineConfig& engine) {
  file.Read("engine.rate", engine.rate);
  file.Read("engine.dividend_yield", engine.dividend_yield);
  file.Read("engine.equity_fee_nanos", engine.equity_fee_nanos, 0);
  file.Read("engine.option_fee_nanos", engine.option_fee_nanos, 0);
  file.Read("engine.min_edge_cross_nanos", engine.min_edge_cross_nanos, 0);
  file.Read("engine.min_edge_parity_nanos", engine.min_edge_parity_nanos, 0);
  file.Read("engine.min_edge_box_nanos", engine.min_edge_box_nanos, 0);
  file.Read("engine.max_contracts", engine.max_contracts, 1);
  file.Read("engine.max_signals", engine.max_signals, 1);
  if (!(engine.rate >= -1 && engine.rate <= 1)) file.Fail("engine.rate", "a continuous rate per year between -1 and 1 is expected");
  if (!(engine.dividend_yield >= -1 && engine.dividend_yield <= 1))
    file.Fail("engine.dividend_yield", "a continuous yield per year between -1 and 1 is expected");
}

void ReadSpreads(Config& file, EngineConfig& engine) {
  const auto read = [&](const char* key, SpreadKinds kind) {
    bool wanted = (engine.spreads & kind) != 0;
    file.Read(key, wanted);
    engine.spreads = wanted ? engine.spreads | kind : engine.spreads & ~uint32_t{kind};
  };
  read("engine.verticals", kVerticals);
  read("engine.butterflies", kButterflies);
  read("engine.calendars", kCalendars);
  bool american = engine.american != 0;
  file.Read("engine.american_options", american);
  engine.american = american ? 1 : 0;
  file.Read("engine.min_edge_spread_nanos", engine.min_edge_spread_nanos, 0);
}

void ReadStrategies(Config& file, HotConfig& config) {
  CrossVenueTaker::Config& cross = config.cross_venue_taker;
  file.Read("strategy.cross_venue_taker.enabled", cross.enabled);
  file.Read("strategy.cross_venue_taker.max_clip", cross.max_clip, 1);
  file.Read("strategy.cross_venue_taker.min_edge_nanos", cross.min_edge_nanos);
  OptionsParityTaker::Config& parity = config.options_parity_taker;
  file.Read("strategy.options_parity_taker.enabled", parity.enabled);
  file.Read("strategy.options_parity_taker.parity", parity.parity);
  file.Read("strategy.options_parity_taker.boxes", parity.boxes);
  file.Read("strategy.options_parity_taker.max_clip_contracts", parity.max_clip_contracts, 1);
  file.Read("strategy.options_parity_taker.min_edge_nanos", parity.min_edge_nanos);
}

}  // namespace

HotConfig ReadHotConfig(Config& file) {
  HotConfig config;
  ReadRisk(file, config.loop.risk);
  ReadEngine(file, config.engine);
  ReadSpreads(file, config.engine);
  ReadStrategies(file, config);
  file.Read("exchange.order_latency_ns", config.exchange.order_latency_ns, 0, kLongestNanos);
  file.Read("exchange.report_latency_ns", config.exchange.report_latency_ns, 0, kLongestNanos);
  file.Read("engine.timeout_ns", config.guard.timeout_ns, 1'000'000, kLongestNanos);
  file.Read("engine.shadow", config.guard.shadow);
  file.Read("capacity.instruments", config.loop.books.max_instruments, 1, 1 << 24);
  file.Read("capacity.products", config.loop.max_products, 1, 1 << 24);
  file.Read("capacity.resting_orders", config.loop.books.max_orders, 1, 1 << 28);
  file.Read("capacity.price_levels", config.loop.books.max_levels, 1, 1 << 26);
  file.Read("capacity.own_orders", config.loop.max_orders, 1, 1 << 26);
  file.Read("capacity.tape_records", config.tape_records, 1 << 12, int64_t{1} << 30);
  if (!std::has_single_bit(config.tape_records)) file.Fail("capacity.tape_records", "a power of two is expected");
  file.Read("feed.reorder_window_ns", config.reorder_window_ns, 0, kLongestNanos);
  file.Read("recovery.timeout_ns", config.recovery_timeout_ns, 1, kLongestNanos);
  file.Read("recovery.attempts", config.recovery_attempts, 1, 1000);
  file.Read("recovery.server_latency_ns", config.retransmit.latency_ns, 0, kLongestNanos);
  file.Read("loop.core", config.core, -1, 1023);
  file.RejectUnknownKeys();

  config.engine.max_instruments = config.exchange.max_instruments = config.loop.books.max_instruments;
  config.engine.max_products = config.loop.max_products;
  config.loop.fees = {config.engine.equity_fee_nanos, config.engine.option_fee_nanos};
  return config;
}

}  // namespace tickgraph
