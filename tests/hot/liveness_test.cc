#include "hot/liveness.h"

#include <gtest/gtest.h>

namespace tickgraph {
namespace {

constexpr uint64_t kSilence = 1'000;

TEST(LivenessTest, AnOpenHoleConcernsEveryBookOfItsVenueAlone) {
  Liveness liveness(8, kSilence);
  liveness.SetStream(1, BookState::kGapped);
  EXPECT_EQ(liveness.State(3, 1, 0), BookState::kGapped);
  EXPECT_EQ(liveness.State(3, 0, 0), BookState::kLive);
  liveness.SetStream(1, BookState::kRecovering);
  EXPECT_EQ(liveness.State(3, 1, 0), BookState::kRecovering);
  liveness.SetStream(1, BookState::kLive);
  EXPECT_EQ(liveness.State(3, 1, 0), BookState::kLive);
}

TEST(LivenessTest, ALossStaysUntilTheInstrumentIsHealed) {
  Liveness liveness(8, kSilence);
  liveness.SetStream(2, BookState::kGapped);
  liveness.Lost(2);
  liveness.SetStream(2, BookState::kLive);  // the stream flows again, its books are still wrong
  EXPECT_EQ(liveness.State(4, 2, 0), BookState::kGapped);
  liveness.Healed(4, 2);
  EXPECT_EQ(liveness.State(4, 2, 0), BookState::kLive);
  EXPECT_EQ(liveness.State(5, 2, 0), BookState::kGapped);
  liveness.Lost(2);
  EXPECT_EQ(liveness.State(4, 2, 0), BookState::kGapped) << "a new loss takes a healed book too";
}

TEST(LivenessTest, DoubtOutlastsWhatTheVenueSaysUntilTheBookStartsFromNothing) {
  Liveness liveness(8, kSilence);
  liveness.Broken(1);
  liveness.Whole(1, 0);
  EXPECT_EQ(liveness.State(1, 0, 0), BookState::kLive);
  for (const bool by_quote : {false, true}) {
    liveness.InDoubt(1);
    liveness.SetUpdating(1, true);
    liveness.Whole(1, 0);
    EXPECT_EQ(liveness.State(1, 0, 0), BookState::kGapped);
    liveness.SetUpdating(1, false);
    EXPECT_EQ(liveness.State(1, 0, 0), BookState::kGapped);
    by_quote ? liveness.Healed(1, 0) : liveness.Emptied(1);
    EXPECT_EQ(liveness.State(1, 0, 0), BookState::kLive);
  }
  liveness.Broken(1);
  liveness.Emptied(1);
  EXPECT_EQ(liveness.State(1, 0, 0), BookState::kGapped) << "an empty book is not a whole one where updates of its own are missing";
}

TEST(LivenessTest, SilenceLongerThanAllowedIsStaleUntilTheStreamSpeaks) {
  Liveness liveness(8, kSilence);
  liveness.Activity(0, 10'000);
  EXPECT_EQ(liveness.State(0, 0, 10'000 + kSilence), BookState::kLive);
  EXPECT_EQ(liveness.State(0, 0, 10'001 + kSilence), BookState::kStale);
  liveness.Activity(0, 20'000);
  EXPECT_EQ(liveness.State(0, 0, 20'500), BookState::kLive);
  liveness.SetStream(0, BookState::kGapped);
  EXPECT_EQ(liveness.State(0, 0, 99'999), BookState::kGapped) << "what is missing matters more than how old it is";
}

}  // namespace
}  // namespace tickgraph
