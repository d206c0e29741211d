// New York midnight: the zero of ITCH timestamps, as nanoseconds UTC, and the New York day that an instant falls in.
//
// In the flow: asked once a stream, never per message. Daylight saving time by the United States rules since 1967 (15 U.S.C. 260a:
// 1967, 1974-75, 1976, 1987, 2007); before 1967 standard time is assumed. Days of the proleptic Gregorian calendar. No state.
#pragma once

#include <cstdint>

namespace tickgraph {

inline constexpr uint64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;

struct CivilDate {
  int year = 1970;
  int month = 1;
  int day = 1;
};

constexpr CivilDate FromYyyymmdd(uint32_t date) {
  return {static_cast<int>(date / 10000), static_cast<int>(date / 100 % 100), static_cast<int>(date % 100)};
}
constexpr uint32_t ToYyyymmdd(const CivilDate& date) { return static_cast<uint32_t>(date.year * 10000 + date.month * 100 + date.day); }

// Days since 1970-01-01. Years are counted from March, so that the leap day ends one.
constexpr int64_t DaysFromCivil(const CivilDate& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

constexpr CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilDate out;
  out.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  out.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  out.year = static_cast<int>(year_of_era + era * 400 + (out.month <= 2 ? 1 : 0));
  return out;
}

// A real date of the calendar between 1970 and 2200: with these years, nanoseconds fit in 64 bits.
constexpr bool IsDate(uint32_t yyyymmdd) {
  const CivilDate date = FromYyyymmdd(yyyymmdd);
  if (date.year < 1970 || date.year > 2200 || date.month < 1 || date.month > 12 || date.day < 1) return false;
  return ToYyyymmdd(CivilFromDays(DaysFromCivil(date))) == yyyymmdd;
}

namespace new_york_internal {

// 0 = Sunday; 1970-01-01 was a Thursday.
constexpr int Weekday(int64_t days) { return static_cast<int>(((days + 4) % 7 + 7) % 7); }

constexpr int64_t SundayOnOrAfter(const CivilDate& date) {
  const int64_t days = DaysFromCivil(date);
  return days + (7 - Weekday(days)) % 7;
}
constexpr int64_t SundayOnOrBefore(const CivilDate& date) {
  const int64_t days = DaysFromCivil(date);
  return days - Weekday(days);
}

// The days on which daylight saving time starts and ends, both at 02:00 local time; start > end: none that year.
struct DaylightDays {
  int64_t start, end;
};
constexpr DaylightDays DaylightOf(int year) {
  if (year < 1967) return {1, 0};
  const int64_t october = SundayOnOrBefore({year, 10, 31});
  if (year >= 2007) return {SundayOnOrAfter({year, 3, 8}), SundayOnOrAfter({year, 11, 1})};
  if (year >= 1987) return {SundayOnOrAfter({year, 4, 1}), october};
  if (year == 1974) return {DaysFromCivil({1974, 1, 6}), october};
  if (year == 1975) return {DaysFromCivil({1975, 2, 23}), october};
  return {SundayOnOrBefore({year, 4, 30}), october};
}

}  // namespace new_york_internal

// Midnight at the start of a New York day, as nanoseconds UTC. The clock changes at 02:00, so the day before decides.
constexpr uint64_t NewYorkMidnightNs(uint32_t yyyymmdd) {
  const CivilDate date = FromYyyymmdd(yyyymmdd);
  const int64_t days = DaysFromCivil(date);
  const auto daylight = new_york_internal::DaylightOf(date.year);
  const int64_t hours = days > daylight.start && days <= daylight.end ? 4 : 5;
  return static_cast<uint64_t>(days * kSecondsPerDay + hours * 3600) * kNanosPerSecond;
}

// The New York day (yyyymmdd) that contains an instant of 1970 or later.
constexpr uint32_t NewYorkDateOf(uint64_t utc_ns) {
  const auto seconds = static_cast<int64_t>(utc_ns / kNanosPerSecond);
  const int64_t standard_days =
      (seconds - 5 * 3600 + kSecondsPerDay) / kSecondsPerDay - 1;  // the added day keeps the division from truncating upwards
  const auto daylight = new_york_internal::DaylightOf(CivilFromDays(standard_days).year);
  const int64_t from = daylight.start * kSecondsPerDay + 7 * 3600, to = daylight.end * kSecondsPerDay + 6 * 3600;
  const int64_t days = seconds >= from && seconds < to ? (seconds - 4 * 3600) / kSecondsPerDay : standard_days;
  return ToYyyymmdd(CivilFromDays(days));
}

}  // namespace tickgraph
