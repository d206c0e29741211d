// The national best quote of one option contract, as the consolidated tape states it.
//
// In the flow: BookSet keeps one of these for each option in place of levels. Thread rule: the owner's.
#pragma once

#include "hot/event.h"
#include "hot/top_of_book.h"

namespace tickgraph {

// Who holds the best on each side: the participant's letter, 0 where there is none.
struct BestHolders {
  char bid = 0, ask = 0;
};

// Takes over what the quote says of the national best (OPRA's BBO indicator, resolved by the decoder); true when the top changed.
inline bool ApplyBest(const OptionQuote& quote, TopOfBook* top, BestHolders* holders) {
  const TopOfBook before = *top;
  if (quote.best_bid_change != BestChange::kNoChange) {
    const bool set = quote.best_bid_change == BestChange::kSet && quote.best_bid.price_nanos != kNoPrice;
    top->bid_nanos = set ? quote.best_bid.price_nanos : kNoPrice;
    top->bid_quantity = set ? quote.best_bid.quantity : 0;
    holders->bid = set ? quote.best_bid.participant : '\0';
  }
  if (quote.best_ask_change != BestChange::kNoChange) {
    const bool set = quote.best_ask_change == BestChange::kSet && quote.best_ask.price_nanos != kNoPrice;
    top->ask_nanos = set ? quote.best_ask.price_nanos : kNoPrice;
    top->ask_quantity = set ? quote.best_ask.quantity : 0;
    holders->ask = set ? quote.best_ask.participant : '\0';
  }
  return !(before == *top);
}

}  // namespace tickgraph
