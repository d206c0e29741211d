// The rows of a LOBSTER message file: their columns, and what each type of event must hold in them.
//
// One table drives the decoder, the encoder, the names that `inspect` prints, and the tests. Everything here is constant.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tickgraph {

inline constexpr std::array<std::string_view, 6> kLobsterColumns = {"time", "type", "order id", "size", "price", "direction"};

// What the price column of a type means.
enum class LobsterPrice : uint8_t {
  kPrice,  // of a unit of the currency, times 10,000
  kState,  // -1 halted, 0 quotes are taken again, 1 trading goes on
};

// What a type does not need may hold any whole number.
struct LobsterMessageSpec {
  char type = 0;
  std::string_view name;
  bool has_order = false;  // the order id is above zero
  bool has_size = false;   // so is the size
  bool has_side = false;   // the direction is 1, a buy order, or -1, a sell order: of the order that rests
  LobsterPrice price = LobsterPrice::kPrice;
};

inline constexpr std::array<LobsterMessageSpec, 7> kLobsterRegistry = {{
    {'1', "submission", true, true, true, LobsterPrice::kPrice},
    {'2', "partial cancellation", true, true, true, LobsterPrice::kPrice},
    {'3', "deletion", true, true, true, LobsterPrice::kPrice},
    {'4', "execution of a visible order", true, true, true, LobsterPrice::kPrice},
    {'5', "execution of a hidden order", false, true, true, LobsterPrice::kPrice},
    {'6', "cross trade", false, true, false, LobsterPrice::kPrice},
    {'7', "trading halt", false, false, false, LobsterPrice::kState},
}};

constexpr const LobsterMessageSpec* FindLobsterMessage(char type) {
  return type >= '1' && type <= '7' ? &kLobsterRegistry[static_cast<size_t>(type - '1')] : nullptr;
}

}  // namespace tickgraph
