// `book` of captures that hold records or lines instead of packets: Databento DBN, JSON of Binance and Coinbase, and LOBSTER with its
// orderbook file.
//
// Flow: FilePlayer -> JsonBookView, DbnBookView or LobsterBookView -> BookWriter. One thread.
#pragma once

#include <string>

#include "net/io/file_player.h"
#include "tools/book_row.h"

namespace tickgraph {

// Reads the capture to its end and prints the book, and on stderr what was lost. The exit code.
int ShowRecordBook(FilePlayer& player, const BookQuery& query, bool csv);

// The same of a LOBSTER message file and its orderbook file, of which the levels are.
int ShowLobsterBook(FilePlayer& player, const BookQuery& query, const std::string& orderbook, bool csv);

}  // namespace tickgraph
