// A small chart as inline SVG: logarithmic or linear axes, lines, marks, a vertical rule. Colours come from the page's style sheet, so one
// picture serves light and dark. Cold code, one thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgraph {

[[nodiscard]] std::string EscapeHtml(std::string_view text);
// 950 -> "950 ns", 12340 -> "12.3 µs"
[[nodiscard]] std::string NanosText(double nanos);
// 1234567 -> "1.23 M"
[[nodiscard]] std::string CountText(double count);

struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<std::pair<double, std::string>> ticks;
  std::string title;

  [[nodiscard]] double Share(double value) const;  // 0..1 within the axis, clamped
};

// Decades of nanoseconds around the values.
[[nodiscard]] Axis NanosAxis(double low, double high);
// p0, p50, p90, p99, … up to 1 / (1 - percentile) = `most`.
[[nodiscard]] Axis PercentileAxis(double most);
[[nodiscard]] Axis LinearAxis(double high, const std::string& title, std::string (*text)(double));

class SvgChart {
 public:
  using Points = std::vector<std::pair<double, double>>;

  SvgChart(int width, int height, Axis x, Axis y);
  // `css`: the class that colours it ("s1"); `label` is its tooltip.
  void Line(const Points& points, const std::string& css, const std::string& label, bool steps = false);
  void Bars(const Points& points, const std::string& css);
  void Mark(double x, double y, const std::string& css, const std::string& label, bool with_text);
  void VerticalRule(double x, const std::string& label);
  [[nodiscard]] std::string Render(const std::string& description) const;

 private:
  struct Placed {
    double middle, base, half;
  };

  [[nodiscard]] double X(double value) const;
  [[nodiscard]] double Y(double value) const;

  int width_, height_;
  Axis x_, y_;
  std::string body_;
  std::vector<Placed> labels_;
};

}  // namespace tickgraph
