// New York midnights and days: rows from the tz database (zdump America/New_York), and every day against the day before.
#include "net/proto/new_york_time.h"

#include <gtest/gtest.h>

namespace tickgraph {
namespace {

TEST(NewYorkTimeTest, MidnightsOfKnownDays) {
  // 05:00 UTC in winter, 04:00 in summer; the day of a change still starts with the old offset.
  const std::pair<uint32_t, uint64_t> rows[] = {{20191230, 1577682000}, {20120621, 1340251200}, {20230822, 1692676800},
                                                {20210314, 1615698000}, {20210315, 1615780800}, {20211107, 1636257600},
                                                {20211108, 1636347600}, {20060402, 1143954000}, {20060403, 1144036800},
                                                {20061029, 1162094400}, {20061030, 1162184400}};
  for (const auto& [date, seconds] : rows) {
    EXPECT_EQ(seconds * kNanosPerSecond, NewYorkMidnightNs(date)) << date;
    EXPECT_EQ(date, NewYorkDateOf(seconds * kNanosPerSecond)) << date;
    EXPECT_NE(date, NewYorkDateOf(seconds * kNanosPerSecond - 1)) << date;
  }
}

TEST(NewYorkTimeTest, EveryDayEndsWhereTheNextStarts) {
  int long_days = 0, short_days = 0;
  for (int64_t day = DaysFromCivil({1970, 1, 2}); day < DaysFromCivil({2100, 1, 1}); ++day) {
    const uint32_t date = ToYyyymmdd(CivilFromDays(day)), next = ToYyyymmdd(CivilFromDays(day + 1));
    ASSERT_TRUE(IsDate(date));
    ASSERT_EQ(day, DaysFromCivil(FromYyyymmdd(date)));
    const uint64_t from = NewYorkMidnightNs(date), to = NewYorkMidnightNs(next);
    ASSERT_EQ(date, NewYorkDateOf(from)) << date;
    ASSERT_EQ(date, NewYorkDateOf(to - 1)) << date;
    const uint64_t hours = (to - from) / kNanosPerSecond / 3600;
    ASSERT_TRUE(hours >= 23 && hours <= 25) << date;
    long_days += hours == 25;
    short_days += hours == 23;
  }
  EXPECT_EQ(130, long_days);
  EXPECT_EQ(130, short_days);
}

TEST(NewYorkTimeTest, ImpossibleDatesAreNone) {
  for (const uint32_t date : {0u, 20230229u, 20231301u, 20230431u, 20230100u, 19691231u, 22010101u}) EXPECT_FALSE(IsDate(date)) << date;
  EXPECT_TRUE(IsDate(20240229));
}

}  // namespace
}  // namespace tickgraph
