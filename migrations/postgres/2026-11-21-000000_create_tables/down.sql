DROP TABLE readiness;
DROP TABLE answers;
DROP TABLE submissions;
DROP TABLE form_progress;
DROP TABLE surveys;
DROP TABLE companies;
