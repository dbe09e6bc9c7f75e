/* The 2-D heat equation with SOR of its own, and omega from the advisor over a pipe.
 *
 *     cc -O2 heat.c -lm -o heat
 *     ./heat 1000                                      # 1,000 time steps, with `advisor serve sor --contexts coef`
 *     ./heat 1000 advisor serve sor --contexts coef    # the same, any command
 *
 * Crank-Nicolson with dt = 1e-3 on a 25 x 25 grid, u = 0 on the boundary; the diffusion coefficient swings between 0 and 10 and
 * is told to the advisor before each solve. A solve that reaches the advisor's limit goes on with its fallback omega.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NX = 25, N = NX + 1, CAP = 10000 };
static const double PI = 3.14159265358979323846, DT = 1e-3, TOLERANCE = 1e-8;
typedef double Grid[N][N];

/* --- the advisor */

typedef struct {
    long id;
    double omega, limit, fallback; /* limit: iterations at which to give up, 0 if not known yet */
} Advice;

static FILE *to_advisor, *from_advisor; /* NULL once the advisor has ended */

static pid_t start_advisor(char **command) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        perror("heat: socketpair");
        exit(1);
    }
    fflush(NULL); /* what is not printed yet would be printed twice */
    pid_t child = fork();
    if (child < 0) {
        perror("heat: fork");
        exit(1);
    }
    if (child == 0) {
        dup2(ends[1], STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        signal(SIGPIPE, SIG_DFL);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    close(ends[1]);
    to_advisor = fdopen(ends[0], "w");
    from_advisor = fdopen(dup(ends[0]), "r");
    return child;
}

static void stop_advisor(pid_t child) {
    if (to_advisor) {
        fclose(to_advisor);
        fclose(from_advisor);
    }
    waitpid(child, NULL, 0);
}

/* The number after "key": in a line of JSON, or `otherwise` where there is none (or null). */
static double number(const char *line, const char *key, double otherwise) {
    double value;
    const char *at = strstr(line, key);
    return at && sscanf(at + strlen(key), " : %lf", &value) == 1 ? value : otherwise;
}

/* Tell what the last solve cost (cost 0: there was none) and ask for the next omega, in one line. */
static Advice tell_and_ask(Advice last, int cost, int converged, double coef) {
    char line[4096];
    if (!to_advisor) return last;
    if (cost > 0)
        fprintf(to_advisor, "{\"tell\":{\"id\":%ld,\"cost\":%d,\"converged\":%s},\"ask\":{\"coef\":%.17g}}\n", last.id, cost,
                converged ? "true" : "false", coef);
    else
        fprintf(to_advisor, "{\"ask\":{\"coef\":%.17g}}\n", coef);
    if (fflush(to_advisor) == 0 && fgets(line, sizeof line, from_advisor) && !strstr(line, "\"error\"")) {
        Advice next = {(long)number(line, "\"id\"", -1), number(line, "\"omega\"", 0), number(line, "\"limit\"", 0),
                       number(line, "\"fallback\"", last.fallback)};
        if (next.omega > 0 && next.omega < 2) return next;
    }
    if (ferror(from_advisor) || feof(from_advisor) || ferror(to_advisor))
        fprintf(stderr, "heat: the advisor has ended; going on with omega = %.2f\n", last.fallback);
    else
        fprintf(stderr, "heat: the advisor answered %s      going on with omega = %.2f\n", line, last.fallback);
    fclose(to_advisor);
    fclose(from_advisor);
    to_advisor = from_advisor = NULL;
    last.omega = last.fallback;
    last.limit = 0;
    return last;
}

/* --- the simulation */

static double coefficient(double t) { return fmax(0.1 * sin(2 * PI * t), -10 * sin(2 * PI * t)); }

static double bump(double x, double y, double radius) {
    double d = (x * x + y * y) / (radius * radius);
    return d < 1 ? exp(1 - 1 / (1 - d)) : 0;
}

/* |b - A u| for A u = (1 + 4 s) u - s (the four neighbours) */
static double residual(Grid u, Grid b, double s) {
    double sum = 0;
    for (int i = 1; i < NX; i++)
        for (int j = 1; j < NX; j++) {
            double r = b[i][j] - (1 + 4 * s) * u[i][j] + s * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1]);
            sum += r * r;
        }
    return sqrt(sum);
}

/* Sweeps until |r| < TOLERANCE * reference, at most `cap`. The number of sweeps; *converged tells how it ended. */
static int sor(Grid u, Grid b, double s, double omega, double reference, int cap, int *converged) {
    int sweeps = 0;
    while (!(*converged = residual(u, b, s) < TOLERANCE * reference) && sweeps < cap) {
        for (int i = 1; i < NX; i++)
            for (int j = 1; j < NX; j++) {
                double r = b[i][j] - (1 + 4 * s) * u[i][j] + s * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1]);
                u[i][j] += omega * r / (1 + 4 * s);
            }
        sweeps++;
    }
    return sweeps;
}

/* Sweeps of all time steps, with omega (0: the advisor's). */
static long simulate(int steps, double omega, int *given_up) {
    static Grid u, b;
    Advice advice = {-1, omega, 0, 1.5};
    int cost = 0, converged = 1;
    long total = 0;
    memset(u, 0, sizeof u);
    for (int i = 1; i < NX; i++)
        for (int j = 1; j < NX; j++) u[i][j] = bump((double)i / NX - .5, (double)j / NX - .5, .25);
    for (int step = 0; step < steps; step++) {
        double t = (step + .5) * DT, s = .5 * DT * coefficient(t) * NX * NX;
        double x = .5 + .25 * cos(16 * PI * t), y = .5 + .25 * sin(16 * PI * t);
        for (int i = 1; i < NX; i++)
            for (int j = 1; j < NX; j++)
                b[i][j] = (1 - 4 * s) * u[i][j] + s * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1]) +
                          DT * 32 * bump((double)i / NX - x, (double)j / NX - y, .125);
        double reference = residual(u, b, s);
        if (omega == 0) advice = tell_and_ask(advice, cost, converged, coefficient(step * DT));
        int limit = advice.limit >= 1 && advice.limit < CAP ? (int)advice.limit : CAP;
        cost = sor(u, b, s, advice.omega, reference, limit, &converged);
        total += cost;
        if (!converged && limit < CAP) { /* the advisor hears only of the sweeps with its omega */
            int whatever;
            ++*given_up;
            total += sor(u, b, s, advice.fallback, reference, CAP, &whatever);
        }
    }
    return total;
}

int main(int argc, char **argv) {
    static char *usual[] = {"advisor", "serve", "sor", "--contexts", "coef", "--quiet", NULL};
    int steps = argc > 1 ? atoi(argv[1]) : 1000, given_up = 0;
    if (steps < 1) {
        fprintf(stderr, "usage: heat [STEPS [COMMAND ...]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* an advisor that has ended must not end the simulation */
    printf("omega = 1:    %ld sweeps\n", simulate(steps, 1, &given_up));
    printf("omega = 1.35: %ld sweeps\n", simulate(steps, 1.35, &given_up));
    pid_t child = start_advisor(argc > 2 ? argv + 2 : usual);
    printf("the advisor:  %ld sweeps", simulate(steps, 0, &given_up));
    printf(", %d solves given up\n", given_up);
    stop_advisor(child);
    return 0;
}
