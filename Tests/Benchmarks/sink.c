// An OTLP collector that keeps nothing: 200 and an empty body for every POST. `GET /count` tells how many came.
//   sink PORT
#include "server.h"

static long long posts;

static void answer(struct connection *connection) {
    static const char empty[] =
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    if (strcmp(connection->target, "/count")) {
        posts++;
        give(connection, empty, sizeof empty - 1);
        return;
    }
    char body[64], whole[256];
    int length = snprintf(body, sizeof body, "{\"posts\":%lld}", posts);
    length = snprintf(whole, sizeof whole, "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s", length, body);
    give(connection, whole, length);
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: sink PORT\n"), 2;
    server_open(atoi(arguments[1]));
    for (;;) server_turn(-1);
}
