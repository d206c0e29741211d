// `tickgraph options price|iv|chain FILE…`: a table of contracts in, the same rows with price and Greeks, or implied volatility, out. A
// chain of quotes is options_chain.h's.
//
// Flow: ReadCsvTable -> Contract -> kernels/european.h, kernels/american.h, kernels/implied_volatility.h -> CSV, JSON or a table for
// people. A row that is no contract is kept, with nan or the status "invalid", and named on stderr by line and column. One thread.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/american.h"
#include "kernels/cash_dividends.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/csv_table.h"
#include "tools/exit_code.h"
#include "tools/options_chain.h"

namespace tickgraph {
namespace {

constexpr size_t kShownProblems = 10;
constexpr const char* kGreekColumns[] = {"price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga", "charm"};
constexpr const char* kVolatilityColumns[] = {"implied_volatility", "status"};

struct NumberColumn {
  const char* name;
  double AmericanContract::*field;
  bool positive;
};
constexpr NumberColumn kContractNumbers[] = {
    {"spot", &AmericanContract::spot, true},
    {"strike", &AmericanContract::strike, true},
    {"rate", &AmericanContract::rate, false},
    {"dividend_yield", &AmericanContract::dividend_yield, false},
    {"time_years", &AmericanContract::time_years, false},
};

enum class Question : uint8_t { kPrice, kVolatility };

struct Contract {
  AmericanContract terms{};
  bool american = false;
  double price = 0;  // Question::kVolatility only
  std::vector<CashDividend> dividends;
};

// "TIME:AMOUNT" pairs, separated by spaces or semicolons, times in years. False: something else.
bool ReadDividends(std::string_view text, std::vector<CashDividend>& dividends) {
  for (size_t at = 0; (at = text.find_first_not_of(" ;", at)) != std::string_view::npos;) {
    const std::string_view pair = text.substr(at, text.find_first_of(" ;", at) - at);
    const size_t colon = std::min(pair.find(':'), pair.size() - 1);
    const char *middle = pair.data() + colon, *last = pair.data() + pair.size();
    CashDividend d{};
    const auto time = std::from_chars(pair.data(), middle, d.time_years);
    const auto amount = std::from_chars(middle + 1, last, d.amount);
    const bool read = *middle == ':' && time.ec == std::errc() && time.ptr == middle && amount.ec == std::errc() && amount.ptr == last;
    if (!read || !std::isfinite(d.time_years) || !std::isfinite(d.amount) || d.amount < 0 || dividends.size() == kMaxDividends)
      return false;
    dividends.push_back(d);
    at += pair.size();
  }
  return true;
}

// The table, its columns found once, and what was wrong with its rows.
class ContractTable {
 public:
  ContractTable(const std::string& path, Question question, std::vector<CashDividend> dividends)
      : question_(question), table_(ReadCsvTable(path)), given_dividends_(std::move(dividends)) {
    dividends_ = table_.Column("dividends");
    right_ = table_.Required("right");
    style_ = table_.Required("style");
    for (const NumberColumn& column : kContractNumbers) numbers_.push_back(table_.Required(column.name));
    value_ = table_.Required(question == Question::kPrice ? "volatility" : "price");
  }

  [[nodiscard]] const CsvTable& csv() const { return table_; }
  [[nodiscard]] size_t problems() const { return problems_; }

  // False where the row is no contract: its first fault has been named.
  bool Read(const CsvRow& row, Contract& contract) {
    const std::string* right = Cell(row, right_);
    if (right == nullptr) return false;
    if (*right != "call" && *right != "put") return Refuse(row, right_, "'" + *right + "' is neither call nor put");
    contract.terms.right = *right == "call" ? OptionRight::kCall : OptionRight::kPut;
    const std::string* style = Cell(row, style_);
    if (style == nullptr) return false;
    if (*style != "european" && *style != "american") return Refuse(row, style_, "'" + *style + "' is neither european nor american");
    contract.american = *style == "american";
    for (size_t i = 0; i < numbers_.size(); ++i) {
      double& number = contract.terms.*kContractNumbers[i].field;
      if (!Number(row, numbers_[i], number)) return false;
      if (kContractNumbers[i].positive && !(number > 0)) return Refuse(row, numbers_[i], "must be above 0");
    }
    contract.dividends = given_dividends_;
    if (dividends_ != CsvTable::kNoColumn) {
      const std::string* dividends = Cell(row, dividends_);
      if (dividends == nullptr) return false;
      if (!dividends->empty()) contract.dividends.clear();
      if (!ReadDividends(*dividends, contract.dividends)) return Refuse(row, dividends_, "'" + *dividends + "' is not TIME:AMOUNT …");
    }
    if (question_ == Question::kVolatility) return Number(row, value_, contract.price);
    if (!Number(row, value_, contract.terms.volatility)) return false;
    if (contract.terms.volatility < 0) return Refuse(row, value_, "a volatility is not negative");
    if (contract.terms.time_years < 0) return Refuse(row, numbers_.back(), "the contract has expired");
    return true;
  }

  bool Refuse(const CsvRow& row, size_t column, const std::string& why) {
    if (++problems_ <= kShownProblems) {
      std::fprintf(stderr, "%s:%zu: column %s: %s\n", table_.path.c_str(), row.line, table_.header.cells[column].c_str(), why.c_str());
    }
    return false;
  }

  void RefuseVolatility(const CsvRow& row, ImpliedVolatilityStatus status) {
    Refuse(row, value_, std::string("no volatility: ") + kImpliedVolatilityStatusNames[static_cast<size_t>(status)]);
  }

  void ReportRest() const {
    if (problems_ > kShownProblems) std::fprintf(stderr, "%s: and %zu more rows\n", table_.path.c_str(), problems_ - kShownProblems);
  }

 private:
  const std::string* Cell(const CsvRow& row, size_t column) {
    if (column < row.cells.size()) return &row.cells[column];
    Refuse(row, column, "the line ends before it");
    return nullptr;
  }

  bool Number(const CsvRow& row, size_t column, double& number) {
    const std::string* cell = Cell(row, column);
    if (cell == nullptr) return false;
    const char* first = cell->data() + (cell->starts_with('+') ? 1 : 0);
    const char* last = cell->data() + cell->size();
    const auto [end, error] = std::from_chars(first, last, number);
    if (error != std::errc() || end != last || !std::isfinite(number)) return Refuse(row, column, "'" + *cell + "' is not a finite number");
    return true;
  }

  Question question_;
  CsvTable table_;
  std::vector<CashDividend> given_dividends_;
  size_t right_, style_, value_, dividends_;
  std::vector<size_t> numbers_;
  size_t problems_ = 0;
};

// What was asked for, a cell a column: numbers, and a word where `status` is not null.
struct Answer {
  std::vector<double> numbers;
  const char* status = nullptr;
};

Answer PriceAnswer(const Contract& contract) {
  const AmericanContract& c = contract.terms;
  AmericanGreeks g;
  if (!contract.dividends.empty()) {
    g = contract.american ? AmericanWithDividends(c, contract.dividends) : EuropeanWithDividends(c, contract.dividends);
  } else if (contract.american) {
    g = AmericanAllGreeks(c);
  } else {
    const auto e = European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years);
    const auto h = EuropeanHigher(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years);
    g = {e.price, e.delta, e.gamma, e.vega, e.theta, e.rho, h.vanna, h.volga, h.charm};
  }
  return {{g.price, g.delta, g.gamma, g.vega, g.theta, g.rho, g.vanna, g.volga, g.charm}};
}

ImpliedVolatilityResult VolatilityOf(const Contract& contract) {
  const AmericanContract& c = contract.terms;
  if (!contract.dividends.empty()) return ImpliedVolatilityWithDividends(c, contract.american, contract.price, contract.dividends);
  if (contract.american) return AmericanImpliedVolatility(c, contract.price);
  return ImpliedVolatility(c.right, contract.price, c.spot, c.strike, c.rate, c.dividend_yield, c.time_years);
}

std::vector<Answer> AnswerAll(ContractTable& table, Question question) {
  std::vector<Answer> answers;
  for (const CsvRow& row : table.csv().rows) {
    Contract contract;
    const bool valid = table.Read(row, contract);
    if (question == Question::kPrice) {
      answers.push_back(valid ? PriceAnswer(contract) : Answer{std::vector<double>(std::size(kGreekColumns), NAN)});
      continue;
    }
    const ImpliedVolatilityResult result = valid ? VolatilityOf(contract) : ImpliedVolatilityResult{NAN, ImpliedVolatilityStatus::kInvalid};
    if (valid && result.status != ImpliedVolatilityStatus::kOk) table.RefuseVolatility(row, result.status);
    answers.push_back({{result.volatility}, kImpliedVolatilityStatusNames[static_cast<size_t>(result.status)]});
  }
  return answers;
}

// The shortest decimal that reads back as the same number.
std::string Shortest(double number) {
  if (std::isnan(number)) return "nan";
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), number).ptr};
}

// The input's columns without those that the answer brings anew.
std::vector<size_t> KeptColumns(const CsvTable& table, const std::vector<std::string>& added) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < table.header.cells.size(); ++i) {
    if (std::find(added.begin(), added.end(), table.header.cells[i]) == added.end()) kept.push_back(i);
  }
  return kept;
}

void PrintCsv(const CsvTable& table, const std::vector<std::string>& added, const std::vector<Answer>& answers) {
  const std::vector<size_t> kept = KeptColumns(table, added);
  std::string out;
  for (const size_t column : kept) out += CsvCell(table.header.cells[column]) + ',';
  for (const std::string& name : added) out += name + ',';
  out.back() = '\n';
  for (size_t i = 0; i < answers.size(); ++i) {
    for (const size_t column : kept) out += CsvCell(table.rows[i].Cell(column)) + ',';
    for (const double number : answers[i].numbers)
      out += (answers[i].status != nullptr && std::isnan(number) ? "" : Shortest(number)) + ',';
    if (answers[i].status != nullptr) out += std::string(answers[i].status) + ',';
    out.back() = '\n';
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
}

void PrintJson(const ContractTable& table, const std::vector<std::string>& added, const std::vector<Answer>& answers) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  const std::vector<size_t> kept = KeptColumns(table.csv(), added);
  for (size_t i = 0; i < answers.size(); ++i) {
    nlohmann::ordered_json row;
    for (const size_t column : kept) row[table.csv().header.cells[column]] = table.csv().rows[i].Cell(column);
    for (size_t k = 0; k < added.size(); ++k) {
      if (k >= answers[i].numbers.size()) {
        row[added[k]] = answers[i].status;
      } else {
        row[added[k]] = std::isnan(answers[i].numbers[k]) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(answers[i].numbers[k]);
      }
    }
    rows.push_back(std::move(row));
  }
  const nlohmann::ordered_json report = {{"contracts", answers.size()}, {"without_answer", table.problems()}, {"rows", std::move(rows)}};
  std::printf("%s\n", report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void PrintTable(const CsvTable& table, const std::vector<std::string>& added, const std::vector<Answer>& answers) {
  std::printf("%-5s %-9s %10s %10s %9s", "right", "style", "spot", "strike", "years");
  for (const std::string& name : added) std::printf(" %13s", name.substr(0, 13).c_str());
  std::printf("\n");
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto cell = [&](const char* name) { return table.rows[i].Cell(table.Column(name)).c_str(); };
    std::printf("%-5s %-9s %10s %10s %9s", cell("right"), cell("style"), cell("spot"), cell("strike"), cell("time_years"));
    for (const double number : answers[i].numbers) std::printf(" %13.6g", number);
    if (answers[i].status != nullptr) std::printf(" %13s", answers[i].status);
    std::printf("\n");
  }
}

}  // namespace

int OptionsCommand(int argc, char** argv) {
  CLI::App app("Prices, Greeks and implied volatilities of option contracts and chains");
  CommonOptions common;
  std::string file;
  bool csv = false;
  std::string dividends_text;
  app.require_subcommand(1);
  CLI::App* price = app.add_subcommand("price", "price,delta,gamma,vega,theta,rho,vanna,volga,charm of each contract");
  CLI::App* iv = app.add_subcommand("iv", "implied_volatility,status of each contract");
  for (CLI::App* command : {price, iv}) {
    AddCommonOptions(*command, common, kJson);
    const std::string last = command == price ? "volatility" : "price";
    const std::string columns = "right, style, spot, strike, rate, dividend_yield, time_years, " + last;
    command->add_option("FILE", file, "a CSV file with the columns " + columns)->required();
    command->add_option("--dividends", dividends_text, "Cash dividends, \"YEARS:AMOUNT …\", of rows whose column dividends gives none");
    command->add_flag("--csv", csv, "The same rows with the new columns, every number in full");
  }
  ChainArguments chain_arguments;
  CLI::App* chain = app.add_subcommand("chain", "Forwards, rates, volatilities, smiles and mispricings of a chain of quotes");
  AddChainOptions(*chain, chain_arguments);
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  if (chain->parsed()) return RunChain(chain_arguments);

  const Question question = price->parsed() ? Question::kPrice : Question::kVolatility;
  std::vector<CashDividend> dividends;
  if (!ReadDividends(dividends_text, dividends)) throw ConfigError("--dividends: '" + dividends_text + "' is not YEARS:AMOUNT …");
  ContractTable table(file, question, std::move(dividends));
  std::vector<std::string> added(std::begin(kVolatilityColumns), std::end(kVolatilityColumns));
  if (question == Question::kPrice) added.assign(std::begin(kGreekColumns), std::end(kGreekColumns));
  const std::vector<Answer> answers = AnswerAll(table, question);
  if (common.json) {
    PrintJson(table, added, answers);
  } else if (csv) {
    PrintCsv(table.csv(), added, answers);
  } else {
    PrintTable(table.csv(), added, answers);
  }
  table.ReportRest();
  return table.problems() == 0 ? kExitDone : kExitDamaged;
}

}  // namespace tickgraph
