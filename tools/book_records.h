// `book` of captures that hold records or lines instead of packets: Databento DBN, and JSON of Binance and Coinbase.
//
// Flow: FilePlayer -> JsonBookView or DbnBookView -> BookWriter. One thread.
#pragma once

#include "net/io/file_player.h"
#include "tools/book_row.h"

namespace tickgraph {

// Reads the capture to its end and prints the book, and on stderr what was lost. The exit code.
int ShowRecordBook(FilePlayer& player, const BookQuery& query, bool csv);

}  // namespace tickgraph
