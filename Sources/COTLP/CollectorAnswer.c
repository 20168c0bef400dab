#include <string.h>

#include "COTLP.h"
#include "otlp.pb-c.h"

int64_t tg_otlp_rejected(const uint8_t *bytes, size_t length, char *message, size_t capacity) {
    message[0] = 0;
    if (length == 0) return 0;
    Otlp__ExportServiceResponse *answer = otlp__export_service_response__unpack(NULL, length, bytes);
    if (!answer) return -1;
    int64_t rejected = 0;
    if (answer->partial_success) {
        rejected = answer->partial_success->rejected;
        strncpy(message, answer->partial_success->error_message, capacity - 1);
        message[capacity - 1] = 0;
    }
    otlp__export_service_response__free_unpacked(answer, NULL);
    return rejected;
}
