/* What invites mistakes does not compile.  Include last. */
#ifndef BANNED_H
#define BANNED_H
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#undef gets
#define strcpy(a, b) banned_use_snprintf_or_buf
#define strcat(a, b) banned_use_buf
#define sprintf(...) banned_use_snprintf_or_buf
#define vsprintf(...) banned_use_snprintf_or_buf
#define strtok(a, b) banned_use_strspn
#define gets(a) banned_use_reader
#endif
