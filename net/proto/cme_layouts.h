// The registry of CME MDP 3.0's market data blocks: where each field of a root or a group entry stands.
//
// In the flow: cme_messages.h puts templates together from these layouts of the structs in cme_blocks.h. A layout that does not add up to
// its length fails to compile where it is used. Constant data.
#pragma once

#include "net/proto/cme_blocks.h"

namespace tickgraph::cme {

struct Nothing {
  using Block = Heartbeat;
  static constexpr uint16_t kBytes = 0;
  template <class V, class B>
  static constexpr void Fields(V&, B&) {}
};
struct LoginLayout {
  using Block = Login;
  static constexpr uint16_t kBytes = 1;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("HeartBtInt", b.heartbeat_seconds);
  }
};
struct LogoutLayout {
  using Block = Logout;
  static constexpr uint16_t kBytes = 180;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Text("Text", b.text);
  }
};
struct Root9 {
  using Block = ChannelReset;
  static constexpr uint16_t kBytes = 9;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("TransactTime", b.ts_transact_ns);
    v.Number("MatchEventIndicator", b.match_event_indicator);
  }
};
struct G4 {
  using Block = ResetChannel;
  static constexpr uint16_t kBytes = 2;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("ApplID", b.channel_id);
  }
};
struct R30 {
  using Block = SecurityStatus;
  static constexpr uint16_t kBytes = 30;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("TransactTime", b.ts_transact_ns);
    v.Text("SecurityGroup", b.security_group);
    v.Text("Asset", b.asset);
    v.Number("SecurityID", b.security_id);
    v.Number("TradeDate", b.trade_date);
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Number("TradingStatus", b.trading_status);
    v.Number("HaltReason", b.halt_reason);
    v.Number("TradingEvent", b.trading_event);
  }
};
struct Root {
  using Block = Incremental;
  static constexpr uint16_t kBytes = 11;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("TransactTime", b.ts_transact_ns);
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Pad(2);
  }
};
struct G32 {
  using Block = BookEntry;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDPriceLevel", b.level);
    v.Number("MDUpdateAction", b.action);
    v.Number("MDEntryType", b.entry_type);
    v.Pad(5);
  }
};
struct G46 {
  using Block = BookEntry;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDPriceLevel", b.level);
    v.Number("MDUpdateAction", b.action);
    v.Number("MDEntryType", b.entry_type);
    if (v.Has(10)) {
      v.Size("TradeableSize", b.tradeable_size);
    } else {
      v.Pad(4);
    }
    v.Pad(1);
  }
};
struct G64 {
  using Block = BookEntry;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.LongSize("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDPriceLevel", b.level);
    v.Number("MDUpdateAction", b.action);
    v.Number("MDEntryType", b.entry_type);
    v.Pad(1);
  }
};
struct OrderOfEntryLayout {
  using Block = OrderOfEntry;
  static constexpr uint16_t kBytes = 24;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("OrderID", b.order_id);
    v.Number("MDOrderPriority", b.priority);
    v.Size("MDDisplayQty", b.display_size);
    v.Number("ReferenceID", b.reference_id);
    v.Number("OrderUpdateAction", b.action);
    v.Pad(2);
  }
};
struct G36 {
  using Block = TradeEntry;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("TradeID", b.trade_id);
    v.Number("AggressorSide", b.aggressor_side);
    v.Number("MDUpdateAction", b.action);
    v.Pad(2);
  }
};
struct G42 {
  using Block = TradeEntry;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("AggressorSide", b.aggressor_side);
    v.Number("MDUpdateAction", b.action);
    if (v.Has(7)) {
      v.Number("MDTradeEntryID", b.trade_entry_id);
    } else {
      v.Pad(4);
    }
    v.Pad(2);
  }
};
struct G65 {
  using Block = TradeEntry;
  static constexpr uint16_t kBytes = 40;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.LongSize("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDTradeEntryID", b.trade_entry_id);
    v.Number("AggressorSide", b.aggressor_side);
    v.Number("MDUpdateAction", b.action);
    v.Pad(6);
  }
};
struct OrderOfTradeLayout {
  using Block = OrderOfTrade;
  static constexpr uint16_t kBytes = 16;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("OrderID", b.order_id);
    v.Size("LastQty", b.last_size);
    v.Pad(4);
  }
};
struct G33 {
  using Block = DailyStatistic;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Number("TradingReferenceDate", b.trading_reference_date);
    v.Number("SettlPriceType", b.settle_price_type);
    v.Number("MDUpdateAction", b.action);
    v.Number("MDEntryType", b.entry_type);
    v.Pad(7);
  }
};
struct G34 {
  using Block = PriceLimits;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("HighLimit", b.high_nanos);
    v.Price("LowLimit", b.low_nanos);
    v.Price("MaxPriceVariation", b.max_variation_nanos);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
  }
};
// Also 35: the size stands in real packets of version 8, where version 6 has reserved bytes.
struct G51 {
  using Block = SessionStatistic;
  static constexpr uint16_t kBytes = 24;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Number("OpenCloseSettlFlag", b.open_close_settle);
    v.Number("MDUpdateAction", b.action);
    v.Number("MDEntryType", b.entry_type);
    if (v.Has(8)) {
      v.Size("MDEntrySize", b.size);
    } else {
      v.Pad(4);
    }
    v.Pad(1);
  }
};
struct G37 {
  using Block = VolumeEntry;
  static constexpr uint16_t kBytes = 16;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Size("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Number("MDUpdateAction", b.action);
    v.Pad(3);
  }
};
struct G66 {
  using Block = VolumeEntry;
  static constexpr uint16_t kBytes = 24;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.LongSize("MDEntrySize", b.size);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Number("MDUpdateAction", b.action);
    v.Pad(7);
  }
};
struct G43 {
  using Block = OrderEntry;
  static constexpr uint16_t kBytes = 40;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("OrderID", b.order_id);
    v.Number("MDOrderPriority", b.priority);
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDDisplayQty", b.display_size);
    v.Number("SecurityID", b.security_id);
    v.Number("MDUpdateAction", b.action);
    v.Number("MDEntryType", b.entry_type);
    v.Pad(6);
  }
};
struct R39 {
  using Block = QuoteRequest;
  static constexpr uint16_t kBytes = 35;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("TransactTime", b.ts_transact_ns);
    v.Text("QuoteReqID", b.request_id);
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Pad(3);
  }
};
struct G39 {
  using Block = QuoteRequestEntry;
  static constexpr uint16_t kBytes = 32;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Text("Symbol", b.symbol);
    v.Number("SecurityID", b.security_id);
    v.Size("OrderQty", b.size);
    v.Number("QuoteType", b.quote_type);
    v.Number("Side", b.side);
    v.Pad(2);
  }
};
struct R38 {
  using Block = Snapshot;
  static constexpr uint16_t kBytes = 59;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("LastMsgSeqNumProcessed", b.last_sequence);
    v.Number("TotNumReports", b.report_count);
    v.Number("SecurityID", b.security_id);
    v.Number("RptSeq", b.rpt_seq);
    v.Number("TransactTime", b.ts_transact_ns);
    v.Number("LastUpdateTime", b.ts_last_update_ns);
    v.Number("TradeDate", b.trade_date);
    v.Number("TradingStatus", b.trading_status);
    v.Price("HighLimit", b.high_limit_nanos);
    v.Price("LowLimit", b.low_limit_nanos);
    v.Price("MaxPriceVariation", b.max_variation_nanos);
  }
};
struct G38 {
  using Block = SnapshotEntry;
  static constexpr uint16_t kBytes = 22;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDPriceLevel", b.level);
    v.Number("TradingReferenceDate", b.trading_reference_date);
    v.Number("OpenCloseSettlFlag", b.open_close_settle);
    v.Number("SettlPriceType", b.settle_price_type);
    v.Number("MDEntryType", b.entry_type);
  }
};
struct R61 {
  using Block = FullRefresh;
  static constexpr uint16_t kBytes = 37;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("TransactTime", b.ts_transact_ns);
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Number("SecurityID", b.security_id);
    v.Price("HighLimit", b.high_limit_nanos);
    v.Price("LowLimit", b.low_limit_nanos);
    v.Price("MaxPriceVariation", b.max_variation_nanos);
  }
};
struct G61 {
  using Block = SnapshotEntry;
  static constexpr uint16_t kBytes = 26;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDEntrySize", b.size);
    v.Size("TradeableSize", b.tradeable_size);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDPriceLevel", b.level);
    v.Number("OpenCloseSettlFlag", b.open_close_settle);
    v.Number("MDEntryType", b.entry_type);
    v.Number("TradingReferenceDate", b.trading_reference_date);
    v.Number("SettlPriceType", b.settle_price_type);
  }
};
struct G68 {
  using Block = SnapshotEntry;
  static constexpr uint16_t kBytes = 23;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Price("MDEntryPx", b.price_nanos);
    v.LongSize("MDEntrySize", b.size);
    v.Size("NumberOfOrders", b.number_of_orders);
    v.Number("MDPriceLevel", b.level);
    v.Number("OpenCloseSettlFlag", b.open_close_settle);
    v.Number("MDEntryType", b.entry_type);
  }
};
struct R44 {
  using Block = OrderSnapshot;
  static constexpr uint16_t kBytes = 28;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("LastMsgSeqNumProcessed", b.last_sequence);
    v.Number("TotNumReports", b.report_count);
    v.Number("SecurityID", b.security_id);
    v.Number("NoChunks", b.chunk_count);
    v.Number("CurrentChunk", b.chunk);
    v.Number("TransactTime", b.ts_transact_ns);
  }
};
struct G44 {
  using Block = OrderSnapshotEntry;
  static constexpr uint16_t kBytes = 29;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("OrderID", b.order_id);
    v.Number("MDOrderPriority", b.priority);
    v.Price("MDEntryPx", b.price_nanos);
    v.Size("MDDisplayQty", b.display_size);
    v.Number("MDEntryType", b.entry_type);
  }
};

}  // namespace tickgraph::cme
