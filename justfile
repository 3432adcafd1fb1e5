# What can be done here.
default:
    @just --list

# Start the service with the sample survey.
demo:
    cargo run -- --demo

# Behaviour on SQLite, and on PostgreSQL if one answers.
test:
    cargo test

# Everything that must pass before a change lands.
ci:
    .ci/run

# Measure. On an idle machine, a quarter of an hour or more.
bench *arguments:
    bench/run {{arguments}}
