"""The IAM policies for a learner, the labs and an instructor, written from what is really called.

``python -m patternlab policies`` writes them to ``data/policies/``. Each call becomes the actions
that it takes, each action goes to one statement, and a statement reaches what is called
``patternlab-*`` wherever the action knows resources. Source: "Actions, resources, and condition
keys" of each service, Service Authorization Reference, AWS documentation, read 2026-11-22.

What no statement can prevent:

* All sessions share the prefix, so learners in one account can delete each other's resources.
* AWS chooses the ids of APIs and distributions, and no prefix limits them: their tag is checked,
  which everything inside an API inherits. Whoever may put it on a new one can put it on somebody
  else's old one, and then change that. An API of another name cannot be deleted this way, because
  API Gateway says the name too when it deletes; a distribution can.
* All REST APIs can be read, and cache policies, which have no tags, deleted while nobody uses them.
* Whoever writes a role's policy and passes the role to a function can do through it what the role
  may. Only a permissions boundary would limit the roles that a learner makes (condition key
  ``iam:PermissionsBoundary``). There is none, because it is a second policy which must be in the
  account before the first notebook, also in a learner's own.

So give learners an account that holds nothing else.
"""
