/*
 * Plug-in for OpenIPMI's ipmi_sim: answers DCMI's Get Capabilities and Get Power Reading (group extension 0xDC; DCMI 1.5, 6.1 and 6.6.1).
 * Sessions, ciphers and framing stay the simulator's.
 *
 * lan.conf: loadlib "<here>/dcmi.so" "<file> [seconds]"   file: one decimal number of watts, read at every request;
 * seconds: how long a session may idle (ipmi_sim itself closes it after 30 and has no option for it).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <OpenIPMI/serv.h>
#include <OpenIPMI/mcserv.h>

static char watts_file[512];
static unsigned idle_seconds, lowest = 65535, highest, readings;
static unsigned long total;

static unsigned char *put(unsigned char *at, unsigned long value, int bytes)
{
    for (; bytes-- > 0; value >>= 8) *at++ = value;
    return at;
}

static void fail(unsigned char *answer, unsigned int *length, unsigned char code)
{
    answer[0] = code;
    *length = 1;
}

static void capabilities(msg_t *request, unsigned char *answer, unsigned int *length)
{
    static const unsigned char parameter[][6] = { { 3, 0, 1, 7 }, { 5, 0, 0, 0, 0, 0 }, { 2, 0x20, 0 }, { 3, 1, 0xff, 0xff }, { 2, 1, 1 } };
    unsigned wanted;
    if (request->len < 2) return fail(answer, length, 0xc7);
    wanted = request->data[1];
    if (wanted < 1 || wanted > 5) return fail(answer, length, 0xcc);
    put(answer + 2, 0x020501, 3); /* version 1.5, parameter revision 2 */
    memcpy(answer + 5, parameter[wanted - 1] + 1, parameter[wanted - 1][0]);
    *length = 5 + parameter[wanted - 1][0];
}

static void power(msg_t *request, unsigned char *answer, unsigned int *length)
{
    unsigned now;
    unsigned char *at = answer + 2;
    FILE *file;
    int got;
    if (request->len < 2) return fail(answer, length, 0xc7);
    if (!(file = fopen(watts_file, "r"))) return fail(answer, length, 0xcb);
    got = fscanf(file, "%u", &now);
    fclose(file);
    if (got != 1) return fail(answer, length, 0xcb);
    if (now < lowest) lowest = now;
    if (now > highest) highest = now;
    total += now;
    readings++;
    at = put(put(put(put(at, now, 2), lowest, 2), highest, 2), total / readings, 2);
    at = put(put(at, time(NULL), 4), 1000, 4);
    *at = 0x40; /* measurement active */
    *length = 19;
}

static void answer_dcmi(lmc_data_t *mc, msg_t *request, unsigned char *answer, unsigned int *length, void *unused)
{
    (void) mc; (void) unused;
    answer[0] = 0;
    answer[1] = 0xdc;
    if (request->cmd == 1) capabilities(request, answer, length);
    else if (request->cmd == 2) power(request, answer, length);
    else fail(answer, length, 0xc1);
}

int ipmi_sim_module_print_version(sys_data_t *system, char *options)
{
    (void) system; (void) options;
    puts("DCMI for tests");
    return 0;
}

int ipmi_sim_module_init(sys_data_t *system, const char *options)
{
    (void) system;
    sscanf(options ? options : "", "%511s %u", watts_file, &idle_seconds);
    ipmi_emu_register_group_extension_handler(0xdc, answer_dcmi, NULL);
    return 0;
}

int ipmi_sim_module_post_init(sys_data_t *system)
{
    int i;
    for (i = 0; idle_seconds && i < IPMI_MAX_CHANNELS; i++)
        if (system->chan_set[i] && system->chan_set[i]->medium_type == 4) /* 802.3 */
            ((lanserv_data_t *) system->chan_set[i]->chan_info)->default_session_timeout = idle_seconds;
    return 0;
}
